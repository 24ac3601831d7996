from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "ccp.notices"
    label = "notices"
    verbose_name = "Notices"
