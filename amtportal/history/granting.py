"""A permission becomes several, or gets a name that says what it allows: nobody loses what they could do.

A migration gives the new permissions to every group and account that has the old ones, with a line
of history. The old ones stay where they are; they open what they opened besides.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.migrations import RunPython
from django.utils import timezone

from amtportal.chunks import chunks
from amtportal.history.lines import keep_related

DEPENDENCIES = [
    ("auth", "0012_alter_user_first_name_max_length"),
    ("contenttypes", "0002_remove_content_type_name"),
    ("history", "0005_lines_have_the_indexes_that_are_asked"),
    ("members", "0024_members_may_have_died"),
]
REASON = "What was allowed before has a permission of its own"


def given_also(app: str, *grants: tuple[Sequence[str], str, Sequence[tuple[str, str]]]) -> RunPython:
    """Return the operation. Each grant names the old permissions, as ``app.codename``; a model of the
    app; and the new permissions of that model, with their names.

    The new permissions go to whoever has all of the old ones: a group by itself, an account by
    itself and its groups.
    """

    def give(apps: Any, schema_editor: Any) -> None:
        wanted: list[tuple[list[int], str, Sequence[tuple[str, str]]]] = []
        for old, model, new in grants:
            keys = [key for each in old if (key := _key(apps, each)) is not None]
            if len(keys) == len(old):
                wanted.append((keys, model, new))
        if wanted:  # else the portal is new, and has no permissions yet
            _give(apps, app, wanted)

    return RunPython(give, RunPython.noop)


def _key(apps: Any, permission: str) -> int | None:
    app, codename = permission.split(".")
    known = apps.get_model("auth", "Permission").objects.filter(content_type__app_label=app, codename=codename)
    found: int | None = known.values_list("pk", flat=True).first()
    return found


def _give(apps: Any, app: str, wanted: Iterable[tuple[list[int], str, Sequence[tuple[str, str]]]]) -> None:
    group, user = apps.get_model("auth", "Group"), apps.get_model(*settings.AUTH_USER_MODEL.split("."))
    to_groups: dict[int, set[int]] = {}
    to_users: dict[int, set[int]] = {}
    for old, model, new in wanted:
        groups = _having(group, "permissions", old)
        users = _having(user, "user_permissions", old) | _through_several(user, groups, old)
        if groups or users:
            keys = {_made(apps, app, model, codename, name) for codename, name in new}
            for key in groups:
                to_groups.setdefault(key, set()).update(keys)
            for key in users:
                to_users.setdefault(key, set()).update(keys)
    kept = {"permissions": apps.get_model("history", "HistoricalGroup_permissions")}
    _add(group, "permissions", to_groups, apps.get_model("history", "HistoricalGroup"), kept)
    kept = {name: apps.get_model("members", f"HistoricalUser_{name}") for name in ("groups", "user_permissions")}
    _add(user, "user_permissions", to_users, apps.get_model("members", "HistoricalUser"), kept)


def _having(model: Any, field: str, permissions: Sequence[int]) -> set[int]:
    """Return the keys of the rows that have all of these permissions in the field."""
    rows = model.objects.all()
    for key in permissions:
        rows = rows.filter(**{field: key})
    return set(rows.values_list("pk", flat=True))


def _through_several(user: Any, groups: set[int], permissions: Sequence[int]) -> set[int]:
    """Return the accounts that have all of these only by several groups, or by a group and themselves."""
    each = [
        _having(user, "user_permissions", [key]) | _having(user, "groups__permissions", [key]) for key in permissions
    ]
    return set.intersection(*each) - set(user.objects.filter(groups__in=groups).values_list("pk", flat=True))


def _made(apps: Any, app: str, model: str, codename: str, name: str) -> int:
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
    permissions = apps.get_model("auth", "Permission").objects
    made, _ = permissions.get_or_create(content_type=kind, codename=codename, defaults={"name": name})
    key: int = made.pk
    return key


def _add(model: Any, name: str, given: Mapping[int, set[int]], lines: Any, kept: Mapping[str, Any]) -> None:
    """Add the permissions to these rows, and write a line for each row."""
    field = model._meta.get_field(name)
    through, source, target = field.remote_field.through, field.m2m_field_name(), field.m2m_reverse_field_name()
    columns = {each.name for each in lines._meta.concrete_fields}
    copied = [each.attname for each in model._meta.concrete_fields if each.name in columns]
    for keys in chunks(sorted(given)):
        pairs = [through(**{f"{source}_id": key, f"{target}_id": each}) for key in keys for each in sorted(given[key])]
        through.objects.bulk_create(pairs, ignore_conflicts=True)
        made = [
            lines(history_date=timezone.now(), history_type="~", history_change_reason=REASON, **row)
            for row in model.objects.filter(pk__in=keys).order_by("pk").values(*copied)
        ]
        of_row = {line.id: line.history_id for line in lines.objects.bulk_create(made)}
        for each, other in kept.items():
            keep_related(model._meta.get_field(each), other, of_row)
