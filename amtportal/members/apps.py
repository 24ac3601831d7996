from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "amtportal.members"
    label = "members"
    verbose_name = "Members"

    def ready(self) -> None:
        # They listen: to sign-ins, to factors that are used, to responses that are done, and to ``check --deploy``.
        pass
