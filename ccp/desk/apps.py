from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "ccp.desk"
    label = "desk"
    verbose_name = "Desk"

    def ready(self) -> None:
        from amtportal.commands import ended
        from ccp.desk import nightly

        ended.connect(nightly.note, dispatch_uid="ccp.desk.nightly")
