"""The ready-made groups: one for each role, made from the table when the migrations are done.

Staff may change them. A group keeps what they added, and what they took away stays away. A release
that brings a permission adds it, once, to the groups of the roles that have it. A group that they
deleted, renamed, or made themselves under the same name is left alone. History tells all of this:
what a group had is in its lines, and the first line of a ready-made one says where it came from.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connections, transaction
from django.db.models import Min

from amtportal.history.shipped import REASON
from amtportal.staff.roles import Role, permissions_of


def keep_up(app_config: AppConfig | None = None, using: str = "default", **kwargs: Any) -> None:
    """Make the groups that there never were, and add the permissions that are new to the others.

    ``app_config``: the app whose migrations are done. Only after the last one are all the
    permissions on record.
    """
    last = [each for each in apps.get_app_configs() if each.models_module is not None][-1]
    if app_config is not None and app_config.label != last.label:
        return
    lines, kept = (apps.get_model("history", name) for name in ("HistoricalGroup", "HistoricalGroup_permissions"))
    needed = {Group._meta.db_table, lines._meta.db_table, kept._meta.db_table}
    if not needed <= set(connections[using].introspection.table_names()):
        return  # the migrations went backward
    create_permissions(last, verbosity=0, using=using)  # Django may do it later than this is called
    keys = {
        f"{app}.{codename}": key
        for app, codename, key in Permission.objects.using(using)
        .order_by()
        .values_list("content_type__app_label", "codename", "pk")
    }
    wanted = {role: {keys[each] for each in permissions_of(role) if each in keys} for role in Role}
    groups = {group.name: group for group in Group.objects.using(using).filter(name__in=list(Role))}
    known = {*groups, *lines.objects.using(using).filter(name__in=list(Role)).values_list("name", flat=True)}
    first = lines.objects.using(using).order_by().values("id").annotate(first=Min("history_id")).values("first")
    ours = lines.objects.using(using).filter(history_id__in=first, history_change_reason=REASON)
    ready_made = set(ours.values_list("id", flat=True))
    had: dict[int, set[int]] = {}
    for group, permission in kept.objects.using(using).filter(group__in=ready_made).values_list("group", "permission"):
        had.setdefault(group, set()).add(permission)
    with transaction.atomic(using=using):
        made = [Group(name=str(role)) for role in Role if role not in known]
        Group.objects.using(using).bulk_create(made)
        given = {group.pk: wanted[Role(group.name)] for group in made}
        more = [group for group in groups.values() if group.pk in ready_made]
        given |= {group.pk: wanted[Role(group.name)] - had.get(group.pk, set()) for group in more}
        through = Group.permissions.through
        pairs = [
            through(group_id=group, permission_id=each) for group, permissions in given.items() for each in permissions
        ]
        through._default_manager.using(using).bulk_create(pairs, ignore_conflicts=True)
        changed = [group for group in more if given[group.pk]]
        for some, update in ((made, False), (changed, True)):
            if some:
                Group.history.bulk_history_create(some, update=update, default_change_reason=REASON)  # type: ignore[attr-defined]
