from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "amtportal.members"
    label = "members"
    verbose_name = "Members"

    def ready(self) -> None:
        from amtportal.members import sessions  # noqa: F401  A sign-in is heard by it.
