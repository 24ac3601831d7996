"""Builders of test data: plain functions with a full set of defaults that keywords override."""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client

from amtportal.dates import CHICAGO
from amtportal.members.models import Member, User
from ccp.amt_credits import credits as amt_credits
from ccp.models import Activity, ActivityType, AttestationStatement, Category, CategoryTerms, Credit, TypeTerms
from ccp.recording import claims
from ccp.recording import verbs as recording
from certifications import cycles, invoices
from certifications.models import Certification, Credential, Cycle, Payment, RenewalInvoice
from certifications.payments.models import Checkout

# A Saturday, 47 days before the end of the cycles of people who were certified on a May 1.
TODAY = date(2026, 3, 14)
PASSWORD = "seven blue lanterns"
_numbers = count(1)


def chicago(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CHICAGO)


def noon(day: date) -> datetime:
    return chicago(day.year, day.month, day.day)


def make_user(*, email: str = "", password: str | None = None, **fields: Any) -> User:
    return User.objects.create_user(email or f"user{next(_numbers)}@example.org", password, **fields)


def make_member(*, user: User | None = None, **fields: Any) -> Member:
    user = user or make_user()
    return Member.objects.create(
        **{"user": user, "amt_id": f"{next(_numbers):07d}", "first_name": "Ada", "last_name": "Lane", **fields}
    )


def make_certification(member: Member | None = None, *, credential: str = "RMA", **fields: Any) -> Certification:
    """Return a certification that has no cycle yet."""
    return Certification.objects.create(
        **{
            "member": member or make_member(),
            "credential": Credential.objects.get(code=credential),
            "certificate_number": f"{next(_numbers):06d}",
            "awarded_on": date(2023, 5, 1),
            **fields,
        }
    )


def make_cycle(member: Member | None = None, *, on: date = TODAY, **fields: Any) -> Cycle:
    """Return a certification whose cycle of that day is open and has its invoices.

    The default is RMA, awarded on 5/1/2023.
    """
    return cycles.open_current(certification=make_certification(member, **fields), on=on)


def set_terms(*codes: str, **fields: Any) -> None:
    """Set these values in the shipped terms of these activity types (or of all).

    They then apply from the first day on.
    """
    terms = TypeTerms.objects.filter(activity_type__code__in=codes) if codes else TypeTerms.objects.all()
    assert terms.update(**fields)


def set_category_terms(*codes: str, **fields: Any) -> None:
    """Set these values in the shipped terms of these categories, from the first day on."""
    assert CategoryTerms.objects.filter(category__code__in=codes).update(**fields)


def make_terms(code: str = "course-seminar-webinar", *, effective_from: date = TODAY, **fields: Any) -> TypeTerms:
    """Add terms of an activity type from that day on.

    Points are given directly, and there is no cap.
    """
    kind = ActivityType.objects.get(code=code)
    return TypeTerms.objects.create(activity_type=kind, effective_from=effective_from, **fields)


def make_activity_type(*, code: str = "", category: str = "professional-education", **fields: Any) -> ActivityType:
    """Return a new activity type with its first terms.

    ``retired_on`` and similar keywords go to the type, and the rest to the terms.
    """
    code = code or f"kind-{next(_numbers)}"
    own = {name: fields.pop(name) for name in ("name", "order", "guidance", "retired_on") if name in fields}
    kind = ActivityType.objects.create(
        **{"category": Category.objects.get(code=category), "code": code, "name": code.replace("-", " "), **own}
    )
    TypeTerms.objects.create(**{"activity_type": kind, "effective_from": date(2000, 1, 1), **fields})
    return kind


def make_claim(*, kind: str = "course-seminar-webinar", points: str | None = "5", **fields: Any) -> recording.Claim:
    """Return one day of a course, on 3/1/2026. Points of None: AMT sets them."""
    starts_on = fields.pop("starts_on", date(2026, 3, 1))
    return recording.Claim(
        **{
            "activity_type": ActivityType.objects.select_related("category").get(code=kind),
            "points": None if points is None else Decimal(points),
            "starts_on": starts_on,
            "ends_on": starts_on,
            **fields,
        }
    )


def make_activity(
    *chosen: Cycle, at: datetime | None = None, submission_id: uuid.UUID | None = None, **claim: Any
) -> Activity:
    """Return an activity that the owner of the cycles records at noon of ``TODAY``."""
    member = chosen[0].certification.member
    return recording.record(
        member=member,
        cycles=chosen,
        claim=make_claim(**claim),
        submission_id=submission_id or uuid.uuid4(),
        by=member.user,
        at=at or noon(TODAY),
    )


def make_amt_credit(cycle: Cycle, *, at: datetime | None = None, **claim: Any) -> Activity:
    """Return what AMT credits to the owner of the cycle at noon of ``TODAY``."""
    credit = amt_credits.AmtCredit(f"W-{next(_numbers)}", cycle.certification.member, make_claim(**claim))
    [activity] = amt_credits.record(credits=[credit], by=None, at=at or noon(TODAY)).values()
    return activity


def make_payment(invoice: RenewalInvoice, *, by: User | None = None, **fields: Any) -> Payment:
    """Return a check for the whole amount, received and recorded on ``TODAY``."""
    return invoices.record_payment(
        **{
            "invoice": invoice,
            "amount": invoice.amount,
            "method": "check",
            "reference": "1042",
            "received_on": TODAY,
            "by": by or make_user(is_staff=True),
            "at": noon(TODAY),
            **fields,
        }
    )


def begin_checkout(invoice: RenewalInvoice, *, at: datetime | None = None, **fields: Any) -> Checkout:
    """Return a checkout that the owner of the invoice began at noon of ``TODAY``; no provider knows it."""
    at = at or noon(TODAY)
    return Checkout.objects.create(
        **{
            "invoice": invoice,
            "amount": invoice.amount,
            "idempotency_key": uuid.uuid4(),
            "opened_at": at,
            "opened_by": invoice.cycle.certification.member.user,
            "expires_at": at + timedelta(hours=1),
            **fields,
        }
    )


def cycle_of(member: Member, credential: str = "RMA") -> Cycle:
    """Return the cycle of the certification as the database has it now."""
    return Cycle.objects.select_related("certification__credential", "certification__member").get(
        certification__member=member, certification__credential__code=credential
    )


def invoice_of(cycle: Cycle, year: int = 3) -> RenewalInvoice:
    """Return the standing invoice of that year as the database has it now."""
    return RenewalInvoice.objects.standing().select_related("cycle__certification").get(cycle=cycle, year=year)


def client_of(person: Member | User | None) -> Client:
    """Return a browser in which the person is signed in.

    If the person is None, nobody is signed in.
    """
    client = Client()
    if person is not None:
        client.force_login(person.user if isinstance(person, Member) else person)
    return client


def record_more(like: Activity, cycles: list[Cycle], number: int) -> None:
    """Add this many entries, of changing types, written in bulk.

    There are no caps, so it is plain what they count for.
    """
    kinds = list(ActivityType.objects.exclude(code="employment"))
    statement = AttestationStatement.objects.of(str(claims.ATTESTATION))
    activities = Activity.objects.bulk_create(
        Activity(
            member=like.member,
            activity_type=kinds[n % len(kinds)],
            title=f"Course {n}",
            starts_on=date(2025, 1, 1) + timedelta(days=n),
            ends_on=date(2025, 1, 2) + timedelta(days=n),
            points=Decimal("0.25"),
            statement=statement,
            attested_at=noon(TODAY),
            attested_by=like.member.user,
            submission_id=uuid.uuid4(),
            recorded_at=noon(TODAY),
        )
        for n in range(number)
    )
    Credit.objects.bulk_create(
        Credit(activity=activity, cycle=cycle, points=activity.claimed) for activity in activities for cycle in cycles
    )
