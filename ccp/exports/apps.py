from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "ccp.exports"
    label = "exports"
    verbose_name = "Archives"

    def ready(self) -> None:
        from amtportal.members.mail import samples
        from ccp.exports.mailing import SAMPLES

        samples.register(*SAMPLES)
