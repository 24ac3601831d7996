from django.contrib.admin.apps import AdminConfig


class StaffConfig(AdminConfig):
    """Django's admin, with the portal's own site."""

    default_site = "amtportal.staff.site.StaffSite"
