"""What the portal came with said "Ask AMT" where AMT has not published the points of a type.

Such an activity is recorded now, and AMT sets its points. A guidance that staff have changed stays
as it is.
"""

from typing import Any

from django.db import migrations
from django.utils import timezone

REASON = "Came with a later release: AMT sets the points"
WORDS = {
    "Ask AMT how many points this kind of work is worth.": "Record it now: AMT sets the points.",
    "Ask AMT how many points an hour is worth. A talk counts the first time you give it.": (
        "Record it now: AMT sets the points. A talk counts the first time you give it."
    ),
    "Ask AMT how many points a year of service is worth.": "Record it now: AMT sets the points of your service.",
    "Ask AMT how many points a year of employment is worth.": (
        "Record it now: AMT sets the points of your employment."
    ),
}


def say(apps: Any, schema_editor: Any) -> None:
    ActivityType = apps.get_model("ccp", "ActivityType")
    lines = apps.get_model("ccp", "HistoricalActivityType")
    columns = [field.attname for field in ActivityType._meta.concrete_fields]
    at = timezone.now()
    for activity_type in ActivityType.objects.filter(guidance__in=WORDS).order_by("pk"):
        own = ActivityType.objects.filter(pk=activity_type.pk)
        own.update(guidance=WORDS[activity_type.guidance])
        line = lines.objects.create(
            history_date=at, history_type="~", history_change_reason=REASON, **own.values(*columns).get()
        )
        credentials = apps.get_model("ccp", "HistoricalActivityType_credentials")
        for credential in activity_type.credentials.order_by("pk"):
            credentials.objects.create(history=line, activitytype=activity_type, credential=credential)


class Migration(migrations.Migration):
    dependencies = [
        ("ccp", "0024_points_may_be_left_to_amt"),
    ]

    operations = [
        migrations.RunPython(say, migrations.RunPython.noop),
    ]
