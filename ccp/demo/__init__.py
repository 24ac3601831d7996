"""The demo association: 300 members from ``roster.csv`` beside this file, and a cast of examples.

The demo is loaded once, into an empty portal, through the same import, recording and payment as
everything else. Its days are counted from the day on which it is loaded. After that, the figures
age as those of a real record do.
"""

from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from amtportal.imports import csv_files
from amtportal.members.models import Member
from amtportal.refusals import Refused
from ccp.demo import audits, cases, cast, everyday, office, told
from ccp.demo.acts import bring_in
from ccp.reports.figures import counting
from certifications.models import Credential

ROSTER = Path(__file__).with_name("roster.csv")


def load(*, on: date, now: datetime) -> bool:
    """Load the demo; return False and change nothing if it is already loaded.

    Raises ``Refused`` if there are members who do not belong to the demo.
    """
    if not _load(on=on, now=now):
        return False
    cast.pay_online(now=now)  # the provider is asked outside of any transaction
    counting.count_all(at=now)
    return True


@transaction.atomic
def _load(*, on: date, now: datetime) -> bool:
    list(Credential.objects.select_for_update(no_key=True).order_by("pk"))  # two loads wait for each other
    if cast.entered_on():
        return False
    if Member.objects.exists():
        raise Refused(
            "This database holds members who are not the demo's, so the demo is not loaded. "
            "Set AMTPORTAL_VAR or DATABASE_URL to an empty one."
        )
    staff = cast.make_staff(now)
    cast.make_clerks(now)
    roster = csv_files.read_csv(ROSTER.read_bytes())
    audits.closed_last_year(roster, on=on, now=now, staff=staff, password=cast.hashed_password())
    bring_in(roster, on=on, file_name=ROSTER.name)
    everyday.happen(on=on, now=now, staff=staff)
    cast.enter(on=on, now=now, staff=staff)
    told.tell(cast.events(on).keys(), on=on)
    drawn = audits.draw(on=on, now=now, staff=staff)
    cases.happen(drawn, audited=audits.AUDITED, now=now, staff=staff)
    told.letters(now=now)
    office.happen(on=on, now=now, staff=staff)
    return True
