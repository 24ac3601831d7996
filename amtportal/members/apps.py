from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "amtportal.members"
    label = "members"
    verbose_name = "Members"

    def ready(self) -> None:
        # They listen: to sign-ins, and to responses that are done.
        from amtportal.members import outbox, sessions  # noqa: F401
