from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "amtportal.members"
    label = "members"
    verbose_name = "Members"
