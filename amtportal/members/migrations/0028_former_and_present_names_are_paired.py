"""A former name is found together with the present one: terms of the pairs, for members on record.

A member who is saved has them. Those who were on record when former names became terms had the
pairs of each name by itself. Terms are no record themselves, so they have no history.
"""

from django.db import migrations
from django.db.models import Exists, OuterRef

from amtportal.members.search_terms import terms_of

BATCH = 2000


def fill(apps, schema_editor):
    term = apps.get_model("members", "SearchTerm")
    found = {}
    for pk, *names in _former_names(apps):
        found.setdefault(pk, set()).update(names)
    keys = list(found)
    for begin in range(0, len(keys), BATCH):
        some = keys[begin : begin + BATCH]
        wanted = dict(_terms(apps, {pk: found[pk] for pk in some}))
        for pk, known in term.objects.filter(member__in=some).values_list("member", "term"):
            wanted[pk].discard(known)
        rows = (term(member_id=pk, term=each) for pk, terms in wanted.items() for each in sorted(terms))
        term.objects.bulk_create(rows, batch_size=BATCH)


def _former_names(apps):
    """Return the key and the names of each line of history whose member is called otherwise today."""
    member = apps.get_model("members", "Member").objects.filter(pk=OuterRef("id"))
    same = member.filter(first_name=OuterRef("first_name"), last_name=OuterRef("last_name"))
    lines = apps.get_model("members", "HistoricalMember").objects.filter(Exists(member), ~Exists(same))
    return lines.order_by("id").values_list("id", "first_name", "last_name").distinct()


def _terms(apps, former):
    """Yield each member's key, and the terms of all names and AMT IDs, with their pairs."""
    amt_ids = {}
    of_former = apps.get_model("members", "FormerAmtId").objects.filter(member__in=former)
    for pk, amt_id in of_former.order_by().values_list("member", "amt_id"):
        amt_ids.setdefault(pk, []).append(amt_id)
    members = apps.get_model("members", "Member").objects.filter(pk__in=former).order_by("pk")
    for pk, amt_id, phone, *names in members.values_list("pk", "amt_id", "phone", "first_name", "last_name"):
        yield pk, terms_of(names={*names, *former[pk]}, amt_ids=[amt_id, *amt_ids.get(pk, [])], phone=phone)


def clear(apps, schema_editor):
    """Leave the terms: they find more, and a member who is saved has the right ones."""


class Migration(migrations.Migration):
    dependencies = [("members", "0027_roles_can_be_given")]

    operations = [migrations.RunPython(fill, clear)]
