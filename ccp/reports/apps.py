from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "ccp.reports"
    label = "reports"
    verbose_name = "Lists and reports"

    def ready(self) -> None:
        from amtportal.members.mail import samples
        from ccp.reports.mailings import writing

        writing.register()
        samples.register(*writing.SAMPLES)
