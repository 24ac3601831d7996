"""The terms of the members on record. They are no record themselves, so they have no history."""

from django.db import migrations

from amtportal.members.search_terms import terms_of

BATCH = 2000


def fill(apps, schema_editor):
    term = apps.get_model("members", "SearchTerm")
    members = apps.get_model("members", "Member").objects.order_by("pk")
    rows = members.values_list("pk", "first_name", "last_name", "amt_id", "phone").iterator(chunk_size=BATCH)
    waiting = []
    for pk, first_name, last_name, amt_id, phone in rows:
        terms = terms_of(names=(first_name, last_name), amt_ids=[amt_id], phone=phone)
        waiting += [term(member_id=pk, term=each) for each in sorted(terms)]
        if len(waiting) >= BATCH * 5:
            term.objects.bulk_create(waiting, batch_size=BATCH)
            waiting = []
    term.objects.bulk_create(waiting, batch_size=BATCH)


def clear(apps, schema_editor):
    apps.get_model("members", "SearchTerm").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("members", "0009_members_have_search_terms")]

    operations = [migrations.RunPython(fill, clear)]
