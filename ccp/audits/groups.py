"""The ready-made groups of those who act for AMT in audits.

They are put on record once, after the migrations. Superusers may then change, rename or delete
them: a group whose name has a history is not made again.
"""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connections, transaction

GROUPS = {
    "Audit coordinators": (
        "view_draw",
        "view_drawline",
        "view_drawticket",
        "freeze_draw",
        "seed_draw",
        "abandon_draw",
        "replace_drawn",
        "view_auditcase",
        "coordinate_audits",
        "view_letter",
        "print_letters",
        "view_printrun",
        "view_statusproposal",
        "confirm_audit_outcome",
    ),
    "Audit reviewers": ("view_auditcase", "review_audits"),
    "Audit appeal board": ("view_auditcase", "decide_appeals"),
}


def put_on_record(using: str = "default", **kwargs: Any) -> None:
    """Make the groups that there never were, with their permissions and a line of history."""
    lines = apps.get_model("history", "HistoricalGroup")
    needed = {Group._meta.db_table, lines._meta.db_table, "audits_auditcase"}
    if not needed <= set(connections[using].introspection.table_names()):
        return  # the migrations went backward
    # Django puts permissions on record after the migrations too, maybe later than this is called.
    create_permissions(apps.get_app_config("audits"), verbosity=0, using=using)
    known = {*lines.objects.using(using).filter(name__in=GROUPS).values_list("name", flat=True)}
    known |= {*Group.objects.using(using).filter(name__in=GROUPS).values_list("name", flat=True)}
    for name, codenames in GROUPS.items():
        if name in known:
            continue
        given = Permission.objects.using(using).filter(content_type__app_label="audits", codename__in=codenames)
        with transaction.atomic(using=using):
            group = Group.objects.using(using).create(name=name)
            group.permissions.set(given)
