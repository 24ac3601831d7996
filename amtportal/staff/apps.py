from django.contrib.admin.apps import AdminConfig


class StaffConfig(AdminConfig):
    """Django's admin, with the portal's own site: its first page puts all nouns together, so it stands above them."""

    default_site = "ccp.desk.site.DeskSite"
