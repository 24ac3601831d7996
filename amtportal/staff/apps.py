from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class StaffConfig(AdminConfig):
    """Django's admin, with the portal's own site: its first page puts all nouns together, so it stands above them."""

    default_site = "ccp.desk.site.DeskSite"

    def ready(self) -> None:
        super().ready()
        from amtportal.staff import ready_made

        post_migrate.connect(ready_made.keep_up, dispatch_uid="staff.ready_made")
