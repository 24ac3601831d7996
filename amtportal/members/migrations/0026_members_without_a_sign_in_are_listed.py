import django.db.models.functions.comparison as functions
from django.db import migrations, models
from django.db.models import F, Q, Value

NO_SIGN_IN = Q(user=None, merged_into=None, died_on=None)


def by_name(name, condition):
    last_or_only_name = functions.Coalesce(functions.NullIf("last_name", Value("")), "first_name")
    return migrations.AddIndex(
        model_name="member",
        index=models.Index(last_or_only_name, F("first_name"), F("id"), name=name, condition=condition),
    )


class Migration(migrations.Migration):
    dependencies = [("members", "0025_questions_are_found")]

    operations = [
        migrations.RemoveIndex(model_name="member", name="members_member_no_sign_in"),
        by_name("members_member_no_sign_in", NO_SIGN_IN),
        by_name("members_member_no_address", NO_SIGN_IN & Q(roster_email="")),
        by_name("members_member_shared_address", NO_SIGN_IN & ~Q(roster_email="")),
    ]
