from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "amtportal.members"
    label = "members"
    verbose_name = "Members"

    def ready(self) -> None:
        # They listen: to sign-ins, to factors that are used, and to responses that are done.
        from amtportal.members import outbox, second_factor, sessions  # noqa: F401
