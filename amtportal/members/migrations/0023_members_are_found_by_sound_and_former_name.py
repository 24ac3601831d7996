"""More terms of the members on record: how their names sound, and names that they had before.

Terms are no record themselves, so they have no history.
"""

from django.db import migrations
from django.db.models import Exists, OuterRef

from amtportal.members.search_terms import sound_terms, terms_of

BATCH = 2000


def fill(apps, schema_editor):
    term = apps.get_model("members", "SearchTerm")
    members = apps.get_model("members", "Member").objects.order_by("pk")
    of_all = members.values_list("pk", "first_name", "last_name").iterator(chunk_size=BATCH)
    _insert(term, ((pk, each) for pk, *names in of_all for each in sorted(sound_terms(names))))
    found = {}
    for pk, *names in _former_names(apps):
        found.setdefault(pk, set()).update(terms_of(names=names, amt_ids=[], phone="") | sound_terms(names))
    for pk, terms in found.items():
        known = set(term.objects.filter(member_id=pk).values_list("term", flat=True))
        _insert(term, ((pk, each) for each in sorted(terms - known)))


def _former_names(apps):
    """Return the key and the names of each line of history whose member is called otherwise today."""
    member = apps.get_model("members", "Member").objects.filter(pk=OuterRef("id"))
    same = member.filter(first_name=OuterRef("first_name"), last_name=OuterRef("last_name"))
    lines = apps.get_model("members", "HistoricalMember").objects.filter(Exists(member), ~Exists(same))
    return lines.order_by("id").values_list("id", "first_name", "last_name").distinct()


def _insert(term, rows):
    waiting = []
    for pk, each in rows:
        waiting.append(term(member_id=pk, term=each))
        if len(waiting) >= BATCH * 5:
            term.objects.bulk_create(waiting, batch_size=BATCH)
            waiting = []
    term.objects.bulk_create(waiting, batch_size=BATCH)


def clear(apps, schema_editor):
    """Leave the terms: they find more, and a member who is saved has the right ones."""


class Migration(migrations.Migration):
    dependencies = [("members", "0022_roster_addresses_have_an_index")]

    operations = [migrations.RunPython(fill, clear)]
