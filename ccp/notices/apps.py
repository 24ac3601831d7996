from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "ccp.notices"
    label = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        from ccp.notices import writing

        writing.register()
