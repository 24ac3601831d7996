"""The terms of pairs, for the members on record. Terms follow from the record, so they have no history."""

from django.db import migrations

from amtportal.members.search_terms import terms_of

BATCH = 2000


def fill(apps, schema_editor):
    term = apps.get_model("members", "SearchTerm")
    clear(apps, schema_editor)  # 0010 fills in the pairs too, if it is applied by this release
    members = apps.get_model("members", "Member").objects.order_by("pk")
    rows = members.values_list("pk", "first_name", "last_name", "amt_id", "phone").iterator(chunk_size=BATCH)
    former = {}
    for member, amt_id in apps.get_model("members", "FormerAmtId").objects.values_list("member", "amt_id"):
        former.setdefault(member, []).append(amt_id)
    waiting = []
    for pk, first_name, last_name, amt_id, phone in rows:
        terms = terms_of(names=(first_name, last_name), amt_ids=[amt_id, *former.get(pk, [])], phone=phone)
        waiting += [term(member_id=pk, term=each) for each in sorted(terms) if each.startswith(" ")]
        if len(waiting) >= BATCH:
            term.objects.bulk_create(waiting, batch_size=BATCH)
            waiting = []
    term.objects.bulk_create(waiting, batch_size=BATCH)


def clear(apps, schema_editor):
    apps.get_model("members", "SearchTerm").objects.filter(term__startswith=" ").delete()


class Migration(migrations.Migration):
    dependencies = [("members", "0020_unopened_accounts_are_listed")]

    operations = [migrations.RunPython(fill, clear)]
