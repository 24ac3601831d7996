"""Open Badges: certifications as credentials that anybody can verify without asking the portal."""

from django.apps import AppConfig


class BadgesConfig(AppConfig):
    name = "ccp.badges"
    label = "badges"
    verbose_name = "Badges"
