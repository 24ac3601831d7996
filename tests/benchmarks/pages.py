"""What a page costs beside the least that Django needs, and whether it grows with the association.

The portal and the floor (``tests/benchmarks/floor``) run side by side on the same database, and are
asked in turn, so that a busy spell of the machine meets both. A page's cost is the processor time
of the web workers and of the database. The floor is a page with a session, a user, one query of 30
rows and a template; for recording it is a transaction that locks, inserts, sums and updates.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from unittest import mock
from uuid import uuid4

from django.contrib.auth.models import Permission

from amtportal.dates import today
from amtportal.documents import layout
from amtportal.formatting import typed
from amtportal.members.models import Member, User
from ccp.transcripts import contents, issuing
from certifications.models import Cycle
from tests.benchmarks import association
from tests.benchmarks.served import WORKERS, Answer, Served, database_cpu, served
from tests.support.builders import client_of, noon

BLOCK = 10  # requests between two readings of the processor's clock
ENTRIES = 30
PAGE, RECORD = "/rows/", "/record/"


@dataclass
class Cost:
    """What the requests for one page took together."""

    cpu: float = 0.0
    answers: list[Answer] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu / len(self.answers)

    @property
    def p50_ms(self) -> float:
        return 1000 * median(answer.seconds for answer in self.answers)


def posted() -> Mapping[str, str]:
    """Return the form of one entry, which differs from all others by its number."""
    return {
        "activity_type": "course-seminar-webinar",
        "points": "0.25",
        "title": f"Course {uuid4()}",
        "starts_on": typed(today() - timedelta(days=3)),
        "ends_on": "",
        "attested": "on",
        "submission_id": str(uuid4()),
    }


def nothing() -> None:
    return None


@dataclass(frozen=True)
class Work:
    """One row of the table: what is asked for, by whom, and of which floor."""

    name: str
    path: str
    session: str
    of_floor: str  # the session that the floor is asked with: a member has the 30 rows
    floor: str = PAGE
    form: Callable[[], Mapping[str, str] | None] = nothing
    expected: int = 200

    @property
    def is_html(self) -> bool:
        return self.form is nothing and not self.path.endswith(".pdf")


def works() -> list[Work]:
    """Return the rows of the table, for the first member of the association and its first clerk."""
    member = Member.objects.order_by("pk")[0]
    cycle = Cycle.objects.get(certification__member=member)
    entry = member.activities.order_by("-pk")[0]
    invoice = cycle.invoices.get(year=1)
    code = issuing.issue(contents=contents.of_cycle(cycle), by=member.user, at=noon(today())).code
    own = client_of(member).cookies["sessionid"].value
    clerk = User.objects.filter(is_staff=True).earliest("pk")
    clerk.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    desk = client_of(clerk).cookies["sessionid"].value
    pages = {
        "Home": "/",
        "My Certifications": "/certifications/",
        "Invoices": "/invoices/",
        "one invoice": f"/invoices/{invoice.pk}/",
        "Record CE, the form": "/ccp/record/",
        "My activities": "/ccp/activities/",
        "one activity": f"/ccp/activities/{entry.pk}/",
        "transcript": f"/ccp/transcript/{cycle.pk}/",
        "transcript as PDF, warm": f"/ccp/transcript/{cycle.pk}.pdf",
        "/verify/<code>/": f"/verify/{code}/",
        "notices": "/account/notices/",
    }
    lists = {
        "members": "members/member/",
        "members, Smith": "members/member/?q=smith",
        "members, one letter": "members/member/?q=a",
        "certifications": "certifications/certification/",
        "cycles": "certifications/cycle/",
        "activities": "ccp/activity/",
        "void entries": "ccp/activity/?standing=void",
        "cut credits": "ccp/credit/?cut=category",
        "open invoices": "certifications/renewalinvoice/?state=open",
        "past due": "certifications/renewalinvoice/?due=past",
    }
    return [
        *(Work(name, path, own, own) for name, path in pages.items()),
        Work("Record CE, Submit", "/ccp/record/", own, own, floor=RECORD, form=posted, expected=302),
        *(Work(f"admin: {name}", f"/admin/{path}", desk, own) for name, path in lists.items()),
    ]


def measure(work: Work, portal: Served, floor: Served, requests: int) -> tuple[Cost, Cost]:
    """Ask the portal and the floor in turn, and return what both took."""
    own, least = Cost(), Cost()
    for server in (portal, floor):  # what is read once is read before the clock runs
        for _ in range(2 * WORKERS):
            _ask(work, server, is_floor=server is floor)
    for _ in range(max(requests // BLOCK, 1)):
        for server, cost in ((portal, own), (floor, least)):
            before = server.cpu() + database_cpu()
            cost.answers += [_ask(work, server, is_floor=server is floor) for _ in range(BLOCK)]
            cost.cpu += server.cpu() + database_cpu() - before
    return own, least


def rates(portal: Served, floor: Served, requests: int) -> tuple[float, float]:
    """Return how many entries a second two members record at the same time, in the portal and on the floor."""
    members = Member.objects.order_by("pk")[1 : 1 + WORKERS]
    sessions = [client_of(member).cookies["sessionid"].value for member in members]

    def submit(session: str) -> None:
        for _ in range(BLOCK):
            assert portal.ask("/ccp/record/", session, posted()).status == 302

    def record(session: str) -> None:
        for _ in range(BLOCK):
            assert floor.ask(RECORD, session, {}).status == 201

    seconds = {submit: 0.0, record: 0.0}
    rounds = max(requests // BLOCK, 1)
    with ThreadPoolExecutor(WORKERS) as clients:
        for warming in (True, *[False] * rounds):
            for work in seconds:
                begun = perf_counter()
                list(clients.map(work, sessions))
                seconds[work] += 0.0 if warming else perf_counter() - begun
    entries = BLOCK * rounds * len(sessions)
    return entries / seconds[submit], entries / seconds[record]


def cold(portal: Served, documents: int) -> tuple[float, float]:
    """Return what a PDF costs that was never made: in the portal, and by WeasyPrint alone; in seconds of processor.

    Each is the transcript of another member. The first ones are made before the clock runs, so that
    the engine is loaded on both sides.
    """
    members = list(Member.objects.order_by("pk")[10 : 10 + 2 * WORKERS + documents])
    cycles = [Cycle.objects.get(certification__member=member) for member in members]
    htmls: list[str] = []
    with mock.patch.object(layout, "lay_out", lambda html: htmls.append(html) or html.encode()):
        for member, cycle in zip(members, cycles, strict=True):
            of_cycle = contents.of_cycle(cycle)
            issue = issuing.issue(contents=of_cycle, by=member.user, at=noon(today()))
            issuing.pdf(issue, of_cycle, at=noon(today()))
    sessions = [client_of(member).cookies["sessionid"].value for member in members]
    before = 0.0
    for place, (cycle, session) in enumerate(zip(cycles, sessions, strict=True)):
        if place == 2 * WORKERS:
            before = portal.cpu() + database_cpu()
        assert portal.ask(f"/ccp/transcript/{cycle.pk}.pdf", session).status == 200
    own = portal.cpu() + database_cpu() - before
    alone = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.weasyprint_alone"],
        input=json.dumps(htmls[2 * WORKERS - 1 :]),
        capture_output=True,
        text=True,
        check=True,
    )
    return own / documents, sum(json.loads(alone.stdout)) / documents


def _ask(work: Work, server: Served, *, is_floor: bool) -> Answer:
    if is_floor:
        answer = server.ask(work.floor, work.of_floor, {} if work.floor == RECORD else None)
        assert answer.status in (200, 201), f"the floor answered {answer.status}"
        return answer
    answer = server.ask(work.path, work.session, work.form())
    assert answer.status == work.expected, f"{work.path} answered {answer.status}"
    return answer


def measured(members: int, requests: int) -> Iterator[tuple[Work, Cost, Cost]]:
    """Build the association, measure each row of the table, print it, and yield what it took."""
    association.build(members, entries=ENTRIES, planned=association.plan_of_today)
    rows = works()
    with (
        tempfile.TemporaryDirectory() as of_portal,
        tempfile.TemporaryDirectory() as of_floor,
        served("tests.benchmarks.portal_settings", Path(of_portal)) as portal,
        served("tests.benchmarks.floor.settings", Path(of_floor)) as floor,
    ):
        print(f"{members:,} members with {ENTRIES} entries each")
        for server in (portal, floor):
            for _ in range(2 * WORKERS):
                server.ask("/healthz", "")
        print(
            f"a worker, after its first answer: {portal.cpu() / WORKERS:.2f} s of processor, {portal.memory()} MiB; "
            f"floor {floor.cpu() / WORKERS:.2f} s, {floor.memory()} MiB"
        )
        print(f"{'work':28} {'queries':>7} {'bytes':>7} {'CPU ms':>7} {'floor':>6} {'ratio':>6} {'p50 ms':>7}")
        for work in rows:
            own, least = measure(work, portal, floor, requests)
            last = own.answers[-1]
            print(
                f"{work.name:28} {last.queries:7} {last.bytes:7,} {own.cpu_ms:7.1f} {least.cpu_ms:6.1f} "
                f"{own.cpu / least.cpu:6.1f} {own.p50_ms:7.1f}",
                flush=True,
            )
            yield work, own, least
        made, alone = cold(portal, max(requests // 2, 2))
        print(
            f"transcript as PDF, cold: {1000 * made:.0f} ms of processor, WeasyPrint alone on the same document "
            f"{1000 * alone:.0f} ms: {made / alone:.2f}"
        )
        own_rate, floor_rate = rates(portal, floor, requests)
        print(
            f"Record CE, Submit, rate: {own_rate:.0f} entries a second by {WORKERS} members at once, "
            f"floor {floor_rate:.0f}: {own_rate / floor_rate:.0%}"
        )
        print(f"largest worker: {portal.memory()} MiB; its engine for documents: {portal.engine_memory()} MiB")


def run(members: int, requests: int) -> None:
    """Measure and print each row of the table."""
    for _ in measured(members, requests):
        pass
