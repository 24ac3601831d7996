from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "ccp.privacy"
    label = "privacy"
    verbose_name = "Access and erasure by law"
