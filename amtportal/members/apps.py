from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "amtportal.members"
    label = "members"
    verbose_name = "Members"

    def ready(self) -> None:
        # Each of these modules registers itself when it is imported: for ``check --deploy``, and
        # for the signals of used factors and sign-ins.
        from amtportal import checks  # noqa: F401
        from amtportal.members import limits
        from amtportal.members.factors import second_factor  # noqa: F401
        from amtportal.members.sessions import accounts, sessions  # noqa: F401
        from amtportal.members.sign_in import unknown

        accounts.replace_reading()
        limits.replace_counting()
        unknown.replace_hashing()
