from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "ccp.notices"
    label = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        from amtportal.members.mail import languages
        from ccp.notices import preferences, writing

        languages.register(preferences.chosen_language)
        writing.register()
