"""Whether pages and lists grow with the association: each at several sizes, in milliseconds.

The first thousand members differ as people do: names, credentials, days, void entries, cut credits,
reversed payments, members without a sign-in. The others are copies of them, which the database
makes, so that a million stands in minutes. They have no history, which no list asks, and beyond
100,000 members fewer entries and mails, for the sake of the disk. The member whose pages are asked
has always the same 30.

What is asked: every list of the admin, each choice of each of its filters, searches in each list
that has a search box, what staff ask all day (``desk``), and the pages of one member. Told are the
processor time of the database, the processor time of the database and the web workers together, and
the median of what a person waits.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.db import connection
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Mod
from django.test import RequestFactory
from django.urls import reverse

from amtportal.dates import anniversary, today
from amtportal.history.models import SecurityEvent
from amtportal.members.models import Member, User
from ccp.models import Activity, ActivityType, Credit, ErrorReport, Evidence, HeldCredit, Transcript
from ccp.notices.models import MailState, Notice, NoticeKind, NoticeMail, Preference
from certifications import invoices
from certifications.models import Certification, Credential, Cycle, Payment, RenewalInvoice, StatusChange
from tests.benchmarks import association, desk
from tests.benchmarks.association import DAY, STEP, Plan
from tests.benchmarks.pages import works
from tests.benchmarks.served import WORKERS, Served, database_cpu, served
from tests.support.builders import noon

ENTRIES = 30
MAILS = 10
MOST_ENTRIES, MOST_MAILS = 3_000_000, 1_000_000
FIRST_NAMES = ["Ada", "Ben", "Cora", "Dan", "Eve", "Finn", "Gail", "Hal", "Ines", "Jon", "Kim", "Lee", "Mary", "Ned"]
SEARCHES = {
    "a common last name": "smith",
    "first and last name": "mary smith",
    "last name, first": "Smith, Mary",
    "one letter": "a",
    "two letters": "m s",
    "two beginnings": "smi ma",
    "AMT ID": "B0000007",
    "part of a phone number": "555-0107",
    "an address": "m7@bench",
    "nobody": "zzyzx",
}


@dataclass
class Figures:
    """What a page took, in milliseconds: processor time of the database and of all, and the median wait."""

    database: float
    cpu: float
    p50: float


def plan(number: int) -> Plan:
    """Return a cycle that began within the last three years and three months, with 15 to 35 points."""
    awarded_on = anniversary(today(), -3) - DAY * 90 + DAY * (number * 37 % 1180)
    return Plan(awarded_on, 15 + STEP * (number * 7 % 80), is_paid=number % 3 == 0)


def vary() -> None:
    """Make the members that were built differ from one another."""
    clerk = User.objects.filter(is_staff=True).earliest("pk")
    at = noon(today())
    members = list(Member.objects.order_by("pk"))
    for number, member in enumerate(members):
        member.first_name = FIRST_NAMES[number % len(FIRST_NAMES)]
        member.phone = f"312-555-{number:04d}"
        if number % 40 == 39:
            member.user, member.roster_email = None, "" if number % 80 == 39 else "shared@bench.example"
    Member.objects.bulk_update(members, ["first_name", "phone", "user", "roster_email"], batch_size=500)
    User.objects.filter(is_staff=False).annotate(part=Mod("pk", 100)).filter(part=7).update(is_active=False)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=user.pk % 100 != 3, primary=True)
        for user in User.objects.all()
    )
    SecurityEvent.objects.bulk_create(
        SecurityEvent(kind=kind, user=member.user, at=at)
        for member in members
        for kind in ("signed-in", "signed-in", "password-set" if member.pk % 9 else "factor-added")
        if member.user
    )
    _vary_what_they_hold(clerk)
    _vary_what_they_recorded(clerk)
    _vary_what_was_mailed()


def _vary_what_they_hold(clerk: User) -> None:
    at = noon(today())
    for number, credential in enumerate(Credential.objects.order_by("pk")):
        Certification.objects.annotate(part=Mod("pk", 20)).filter(part=number).update(credential=credential)
    held = Certification.objects.filter(pk=OuterRef("certification")).values("credential")
    Cycle.objects.update(listed_credential=Subquery(held))
    held = Cycle.objects.filter(pk=OuterRef("cycle")).values("listed_credential")
    RenewalInvoice.objects.update(listed_credential=Subquery(held))
    Certification.objects.annotate(part=Mod("pk", 17)).filter(part=3).update(ccp_mandatory=False)
    for status, part in (("lapsed", 1), ("retired", 2), ("revoked", 3)):
        changed = Certification.objects.annotate(part=Mod("pk", 97)).filter(part=part)
        StatusChange.objects.bulk_create(
            StatusChange(
                certification=certification,
                listed_credential_id=certification.credential_id,
                before="active",
                after=status,
                changed_on=today() - DAY * (certification.pk % 400),
                changed_at=at,
                changed_by=clerk,
                reason="Asked for it.",
            )
            for certification in changed
        )
        changed.update(status=status)
    ended = Cycle.objects.filter(ends_on__lt=today())
    ended.annotate(part=Mod("pk", 3)).filter(part=0).update(
        closed_on=F("ends_on") + timedelta(days=1), outcome="compliant", points_at_close=30, mandatory_at_close=True
    )
    unpaid = RenewalInvoice.objects.filter(status="issued")
    unpaid.annotate(part=Mod("pk", 200)).filter(part=9).update(status="void", void_reason="Issued twice.")
    reversed_ = Payment.objects.annotate(part=Mod("pk", 150)).filter(part=4)
    RenewalInvoice.objects.filter(payments__in=reversed_).update(status="issued")
    reversed_.update(reversed_at=at, reversed_by=clerk, reversal_reason="Bounced.")
    Payment.objects.annotate(part=Mod("pk", 25)).filter(part=6).update(method="money-order")
    invoices.keep_openings()


def _vary_what_they_recorded(clerk: User) -> None:
    at = noon(today())
    kinds = list(ActivityType.objects.order_by("pk"))
    for number, kind in enumerate(kinds[1:]):
        Activity.objects.annotate(part=Mod("pk", 4 * len(kinds))).filter(part=number).update(activity_type=kind)
    gone = Activity.objects.annotate(part=Mod("pk", 101))
    gone.filter(part__in=[5, 6]).update(withdrawn_at=at, withdrawn_by=clerk)
    gone.filter(part=7).update(withdrawn_at=at, withdrawn_by=clerk, void_reason="Recorded twice.")
    Credit.objects.exclude(activity__withdrawn_at=None).update(points=0, cut="not-standing")
    Credit.objects.annotate(part=Mod("pk", 150)).filter(part=8, cut="").update(cut="category-cap")
    some = Activity.objects.annotate(part=Mod("pk", 90)).filter(part=0)
    Evidence.objects.bulk_create(
        Evidence(
            activity=activity,
            original_name="certificate.pdf",
            kind="pdf",
            size=1,
            sha256="0" * 64,
            stored_name=f"00/{activity.pk}",
            added_at=at,
            added_by=clerk,
            removed_at=at if activity.pk % 7 == 0 else None,
            removed_by=clerk if activity.pk % 7 == 0 else None,
        )
        for activity in some
    )
    few = Activity.objects.annotate(part=Mod("pk", 3000)).filter(part=0)
    ErrorReport.objects.bulk_create(
        ErrorReport(activity=activity, text="Wrong day", reported_at=at, reported_by=clerk) for activity in few
    )
    HeldCredit.objects.bulk_create(
        HeldCredit(
            provider_reference=f"W{number}",
            amt_id=f"H{number}",
            activity_type=kinds[0],
            starts_on=today(),
            ends_on=today(),
            points=1,
            reason="Nobody has this AMT ID.",
            received_at=at,
        )
        for number in range(20)
    )
    Transcript.objects.bulk_create(
        Transcript(
            member=member,
            code=f"T{member.pk:05d}",
            content_hash=f"{member.pk:060d}",
            snapshot={},
            issued_at=at,
            issued_by=clerk,
        )
        for member in Member.objects.order_by("pk")[:50]
    )


def _vary_what_was_mailed() -> None:
    """Give each member ten mails, of which few wait, were dropped or have no address."""
    few = {3: MailState.WAITING, 4: MailState.DROPPED, 5: MailState.UNDELIVERABLE}
    mails = NoticeMail.objects.bulk_create(
        NoticeMail(
            member=member,
            on=today() - DAY * (30 * number + member.pk % 30),
            state=few.get((MAILS * member.pk + number) % 300, MailState.SENT),
            sent_at=noon(today()),
            address="m@bench.example",
            language="en",
            subject="2 points to go by Jan 8",
            text="Hello,\n\n2 points to go.\n" * 20,
            message_id=f"<{member.pk}.{number}@bench>",
        )
        for member in Member.objects.order_by("pk")
        for number in range(MAILS)
    )
    kinds = list(NoticeKind)
    Notice.objects.bulk_create(
        Notice(
            member_id=mail.member_id,
            kind=kinds[mail.pk % 150 % len(kinds)] if mail.pk % 150 < len(kinds) else NoticeKind.CYCLE_ENDS,
            subject=f"cycle-{mail.member_id}",
            anchor_on=mail.on,
            mail=mail,
            dropped="It was paid." if mail.state == MailState.DROPPED else "",
        )
        for mail in mails
    )
    Preference.objects.bulk_create(
        Preference(member=member, monthly_summary=False) for member in Member.objects.order_by("pk")[::9]
    )


def build(members: int, entries: int) -> None:
    """Build the association: the first thousand, and copies of them with this many entries."""
    association.build(min(members, association.BUILT), entries=ENTRIES, planned=plan)
    vary()
    association.multiply(
        members // association.BUILT,
        also=(
            EmailAddress,
            SecurityEvent,
            StatusChange,
            Evidence,
            ErrorReport,
            HeldCredit,
            Transcript,
            NoticeMail,
            Notice,
            Preference,
        ),
        entries=entries,
        mails=min(MAILS, MOST_MAILS // members),
        with_history=False,
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def addresses() -> Iterator[tuple[str, str, str]]:
    """Yield the name, the path and the session of every page that is asked."""
    for work in works():
        if work.form() is None and not work.name.startswith("admin:"):
            yield work.name, work.path, work.session
    session = desk.clerk_session()
    for words in ("smith", "mary smith", "zzyzx"):  # one hit would lead to the member's page
        yield f"the search of the staff, {words}", f"{reverse('admin:search')}?q={words.replace(' ', '+')}", session
    for name, path in desk.pages():
        yield f"the staff: {name}", path, session
    clerk = User.objects.filter(is_staff=True).earliest("pk")
    for model, listed in admin.site._registry.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        request = RequestFactory().get(address)
        request.user = clerk
        if listed.has_view_permission(request):
            for name, query in _of_list(listed.get_changelist_instance(request)):
                yield f"{model._meta.verbose_name_plural}{name}", f"{address}{query}", session


def _of_list(changelist: Any) -> Iterator[tuple[str, str]]:
    """Yield the name and the query of a list, of each choice of its filters, and of searches."""
    yield "", ""
    for chosen in changelist.filter_specs:
        for choice in chosen.choices(changelist):
            if not choice["selected"]:
                yield f", {chosen.title}: {choice['display']}", choice["query_string"]
    if changelist.search_fields:
        for name, words in SEARCHES.items():
            yield f", {name}", f"?q={words.replace(' ', '+')}"


def measure(path: str, session: str, server: Served, requests: int) -> Figures:
    for _ in range(WORKERS):
        server.ask(path, session)
    before, workers = database_cpu(), server.cpu()
    answers = [server.ask(path, session) for _ in range(requests)]
    database, web = database_cpu() - before, server.cpu() - workers
    assert {answer.status for answer in answers} == {200}, f"{path} answered {answers[0].status}"
    each = 1000 / requests
    return Figures(database * each, (database + web) * each, 1000 * median(answer.seconds for answer in answers))


def built(members: int, entries: int | None) -> None:
    """Build an association of this size, and tell how long it took. ``entries``: as ``--entries`` says."""
    each = entries or min(ENTRIES, MOST_ENTRIES // members)
    begun = perf_counter()
    build(members, each)
    print(f"{members:,} members with {each} entries each, built in {perf_counter() - begun:.0f} s", flush=True)


def take(members: int, entries: int | None, requests: int) -> dict[str, Figures]:
    """Build an association of this size and return the figures of each page, by its name."""
    built(members, entries)
    pages = list(addresses())
    with tempfile.TemporaryDirectory() as var, served("tests.benchmarks.portal_settings", Path(var)) as portal:
        return {name: measure(path, session, portal, requests) for name, path, session in pages}


def tell(taken: dict[int, dict[str, Figures]]) -> None:
    """Print each page at each size, and by how much its processor time grew from the first to the last."""
    smallest, *_ = taken
    largest = max(taken)
    columns = {"database ms": "database", "CPU ms": "cpu", "p50 ms": "p50"}
    print(f"{'':52}" + "".join(f"{column:>{10 * len(taken)}}" for column in columns) + f"{'growth':>8}")
    print(f"{'members':52}" + "".join(f"{size:10,}" for size in taken) * len(columns))
    for name in taken[largest]:
        found = [by_name[name] for by_name in taken.values() if name in by_name]
        if len(found) == len(taken):  # a choice may be there at one size only
            figures = "".join(f"{getattr(each, column):10.1f}" for column in columns.values() for each in found)
            print(f"{name[:52]:52}{figures}{taken[largest][name].cpu / taken[smallest][name].cpu:8.2f}")
