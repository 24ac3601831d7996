"""What people of the demo do.

Everything they do goes through the portal's own operations, at noon of its day.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from http.client import HTTPConnection
from io import BytesIO
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import tablib
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from amtportal.dates import CHICAGO
from amtportal.members.models import Member, User
from ccp.amt_credits import credits as amt_credits
from ccp.amtrax import entries as amtrax_entries
from ccp.evidence import attaching as evidence
from ccp.evidence import files as evidence_files
from ccp.models import Activity, ActivityType
from ccp.recording import verbs as recording
from ccp.recording.eligibility import Claim
from certifications import invoices as invoice_rules
from certifications.models import Cycle, RenewalInvoice
from certifications.payments import checkout, provider
from certifications.roster.resource import RosterResource

PAID_BEFORE_DUE = timedelta(days=20)


@dataclass(frozen=True)
class CE:
    """An activity as its member describes it: the code of its type, its title, and its provider."""

    activity_type: str
    title: str
    provider: str


def noon(day: date, now: datetime) -> datetime:
    """Return noon of the day in Chicago; or now, if that noon is still in the future."""
    return min(datetime.combine(day, time(12), CHICAGO), now)


def bring_in(roster: tablib.Dataset, *, on: date, file_name: str) -> None:
    """Import rows of the demo.

    Raises ``ValueError`` if a row is wrong, which means that the demo itself is wrong.
    """
    resource = RosterResource(on=on)
    result = resource.import_data(roster, file_name=file_name)
    if resource.problems or result.has_errors():
        raise ValueError(f"The demo's roster is wrong: {resource.problems or result.base_errors}")


def record_ce(
    ce: CE, points: Decimal | None, cycles: Collection[Cycle], *, ended_on: date, days: int = 1, at: datetime
) -> Activity:
    """Record an activity that took that many days, in all the chosen cycles.

    Without points they are left to AMT, where the type allows that.
    """
    member = next(iter(cycles)).certification.member
    assert member.user is not None
    return recording.record(
        member=member,
        cycles=cycles,
        claim=Claim(
            activity_type=ActivityType.objects.get(code=ce.activity_type),
            points=points,
            starts_on=ended_on - timedelta(days=days - 1),
            ends_on=ended_on,
            title=ce.title,
            provider=ce.provider,
        ),
        submission_id=uuid5(NAMESPACE_URL, f"demo {member.amt_id} {ended_on} {ce.title}"),
        by=member.user,
        at=at,
    )


def attach_certificate(activity: Activity, *, at: datetime) -> None:
    """Attach a picture of what proves the activity, as its member does."""
    picture = Image.new("L", (560, 360), 255)
    drawing = ImageDraw.Draw(picture)
    heading = "CERTIFICATE OF COMPLETION"
    for place, line in enumerate((heading, activity.member.name, activity.title, activity.provider)):
        drawing.text((40, 40 + 60 * place), line)
    worth = "" if activity.awaits_points else f"   {activity.points} contact hours"
    drawing.text((40, 280), f"{activity.starts_on:%m/%d/%Y}{worth}")
    content = BytesIO()
    picture.save(content, "PNG")
    upload = SimpleUploadedFile("certificate.png", content.getvalue())
    with evidence_files.opened(upload) as file:
        assert activity.member.user
        evidence.add(activity=activity, file=file, by=activity.member.user, at=at)


def credit_from_amt(ce: CE, points: Decimal, member: Member, *, ended_on: date, at: datetime) -> Activity:
    """Credit a member with one of AMT's own courses, as AMT's course system does with a file."""
    claim = Claim(
        activity_type=ActivityType.objects.get(code=ce.activity_type),
        points=points,
        starts_on=ended_on,
        ends_on=ended_on,
        title=ce.title,
        provider=amt_credits.PROVIDER,
    )
    reference = f"AMT-{ended_on:%Y%m%d}-{member.amt_id}"
    recorded = amt_credits.record(credits=[amt_credits.AmtCredit(reference, member, claim)], by=None, at=at)
    return recorded[reference]


def bring_from_amtrax(ce: CE, points: Decimal, member: Member, *, ended_on: date, at: datetime) -> None:
    """Bring what a member recorded in AMTrax on the day on which it ended, as a file of AMTrax does."""
    claim = Claim(
        activity_type=ActivityType.objects.get(code=ce.activity_type),
        points=points,
        starts_on=ended_on,
        ends_on=ended_on,
        title=ce.title,
        provider=ce.provider,
    )
    reference = f"AX-{ended_on:%Y%m%d}-{member.amt_id}"
    entry = amtrax_entries.AmtraxEntry(reference, member, claim, recorded_on=ended_on)
    amtrax_entries.bring_in(entries=[entry], by=None, at=at)


def pay_by_bank(invoice: RenewalInvoice, *, now: datetime) -> None:
    """Pay on the page of the demo's provider, from a bank account. Its bank decides when somebody lets it.

    Nothing is done unless that provider runs on this machine: nobody else's page is filled in.
    """
    member = invoice.cycle.certification.member
    is_here = urlsplit(settings.PAYMENT_API_URL).hostname in ("localhost", "127.0.0.1")
    if not (provider.is_on() and settings.PAYMENT_BANK_DEBIT and is_here):
        return
    assert member.user is not None
    try:
        session = checkout.start(invoice=invoice, by=member.user, at=now, language="en")
        page = urlsplit(session.url)
        wire = HTTPConnection(page.netloc, timeout=settings.PAYMENT_TIMEOUT_SECONDS)
        wire.request("POST", page.path, "way=bank")
        wire.getresponse()  # which leads back to the portal, and that is not there yet
        wire.close()
        checkout.apply_session(provider.session(session.id), at=now)
    except (provider.ProviderAway, OSError):  # it was stopped: the invoice stays open
        return


def pay(invoice: RenewalInvoice, *, received_on: date, by: User, now: datetime) -> None:
    """Record a payment of the whole amount by check, on the day on which it was received."""
    invoice_rules.record_payment(
        invoice=invoice,
        amount=invoice.amount,
        method="check",
        reference=str(1000 + invoice.pk % 9000),
        received_on=received_on,
        by=by,
        at=noon(received_on, now),
    )
