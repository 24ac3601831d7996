from django.apps import AppConfig


class AuditsConfig(AppConfig):
    name = "ccp.audits"
    label = "audits"
    verbose_name = "Audits"
