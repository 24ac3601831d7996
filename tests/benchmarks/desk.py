"""What staff ask all day, at one size: the start page, the search, a member, the lists to act on, the reports.

``make bench BENCH_ARGS="desk --members 1000000 --entries 10"`` builds an association as ``growth``
does, counts every report as the nightly run does, and then asks

- the search by each kind of thing that somebody says on the phone or has on paper,
- the start page, and the page of a member with its tabs,
- the five lists with each choice of their filters, and sorted by each column that sorts,
- the seven reports, and every list to which a figure of theirs leads.

Told are the queries, the processor time of the database, and that of all processes, in milliseconds.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from django.contrib.auth.models import Permission
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from amtportal.dates import today
from amtportal.members.models import Member, User
from ccp.models import Activity
from ccp.reports.figures import counting
from ccp.reports.figures.registry import REPORTS
from ccp.reports.lists.base import ORDER
from ccp.reports.lists.registry import LISTS, address
from certifications.models import Certification, RenewalInvoice
from tests.benchmarks.measuring import measured
from tests.benchmarks.served import WORKERS, Served, database_cpu, served
from tests.support.builders import client_of

TABS = ("change", "entries", "money", "mail", "audits", "changes", "notes")
MOST_CHOICES = 12


@dataclass(frozen=True)
class Asked:
    """What a page took: its queries, and milliseconds of processor, of the database and of all."""

    name: str
    queries: int
    database: float
    cpu: float


def clerk_session() -> str:
    """Return the session of a member of staff who may view everything, and change nothing."""
    clerk = User.objects.filter(is_staff=True).earliest("pk")
    clerk.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return client_of(clerk).cookies["sessionid"].value


def searches() -> Iterator[tuple[str, str]]:
    """Yield each kind of search, and what is typed, for a member in the middle of the association."""
    middle = Member.objects.aggregate(last=Max("pk"))["last"] // 2
    member = Member.objects.filter(pk__gte=middle).exclude(user=None).order_by("pk").select_related("user")[0]
    certification = Certification.objects.filter(member=member)[0]
    invoice = RenewalInvoice.objects.filter(cycle__certification=certification)[0]
    entry = Activity.objects.filter(member=member)[0]
    assert member.user
    yield "AMT ID", member.amt_id
    yield "e-mail", member.user.email
    yield "the beginning of an e-mail", member.user.email[:6]
    yield "phone", member.phone
    yield "the last seven digits of a phone", member.phone[-8:]
    yield "certificate", certification.certificate_number
    yield "invoice", invoice.number
    yield "CE reference", entry.reference
    yield "audit, nobody has it", "A-0009999"
    yield "code of a paper, nobody has it", "7KQ2-M9XV-3T0B-HDWE"
    yield "last name that many have", "smith"
    yield "two names that many have", "mary smith"
    yield "last name, first name", "Smith, Mary"
    yield "two beginnings", "smi ma"
    yield "one letter", "a"
    yield "a name as it sounds", "smyth"
    yield "two names as they sound", "smyth meri"
    yield "nobody", "zzyzx"


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the path of each page, but for the search."""
    yield "start page", reverse("admin:index")
    member = Member.objects.earliest("pk")
    for tab in TABS:
        yield f"a member, {tab}", reverse(f"admin:members_member_{tab}", args=[member.pk])
    yield "lists and reports", reverse("admin:reports_index")
    for name, work_list in LISTS.items():
        yield f"list, {work_list.title}", address(name)
        filters = work_list.filtered({}, today()).form.fields
        for field_name, field in filters.items():
            choices = [choice for choice in field.choices if choice[0]]
            if len(choices) > MOST_CHOICES:  # such as the months of three years
                choices = choices[:: len(choices) // 3]
            for value, words in choices:
                typed = urlencode({field_name: getattr(value, "value", value)})
                yield f"list, {work_list.title}, {field.label}: {words}", f"{address(name)}?{typed}"
        for column in work_list.columns:
            if column.order:
                yield f"list, {work_list.title}, sorted: {column.title}", f"{address(name)}?{ORDER}={column.name}"
    for name, report in REPORTS.items():
        yield f"report, {report.title}", reverse(f"admin:reports_{name}")


def rows_of_figures() -> Iterator[tuple[str, str]]:
    """Yield the lists to which the figures of the reports lead, each once."""
    seen = set()
    for name, report in REPORTS.items():
        counted = counting.newest(name)
        assert counted
        for table in report.tables(counted.rows, counted.on, ""):
            for label, figures in table.lines:
                for head, figure in zip(table.heads, figures, strict=True):
                    if figure.address and figure.address not in seen:
                        seen.add(figure.address)
                        yield f"rows, {report.title}: {label}, {head.title}", figure.address


def ask(name: str, path: str, session: str, server: Served, requests: int) -> Asked:
    """Ask a page. A search that finds one member leads to the member's page, which is not followed."""
    for _ in range(WORKERS):
        server.ask(path, session)
    before, workers = database_cpu(), server.cpu()
    answers = [server.ask(path, session) for _ in range(requests)]
    database, web = database_cpu() - before, server.cpu() - workers
    assert {answer.status for answer in answers} <= {200, 302}, f"{path} answered {answers[0].status}"
    each = 1000 / requests
    return Asked(name, answers[0].queries, database * each, (database + web) * each)


def count_reports() -> None:
    """Count every report, and tell what it took."""
    print(f"{'report, counted at night':64}{'rows':>8}{'seconds':>10}{'CPU s':>10}")
    for name, report in REPORTS.items():
        usage = measured(lambda name=name: counting.count(name, at=timezone.now()))
        counted = counting.newest(name)
        assert counted
        print(f"{report.title:64}{len(counted.rows):8,}{usage.seconds:10.2f}{usage.cpu:10.2f}", flush=True)


def tell(asked: Iterable[Asked]) -> None:
    print(f"{'':64}{'queries':>8}{'database':>10}{'CPU ms':>10}")
    for page in asked:
        print(f"{page.name[:64]:64}{page.queries:8}{page.database:10.1f}{page.cpu:10.1f}", flush=True)


def measure(requests: int) -> None:
    """Count the reports, ask every page, and print the table."""
    count_reports()
    session = clerk_session()
    search = reverse("admin:search")
    found = [(f"search, {kind}", f"{search}?{urlencode({'q': typed})}") for kind, typed in searches()]
    with tempfile.TemporaryDirectory() as var, served("tests.benchmarks.portal_settings", Path(var)) as portal:
        tell(ask(name, path, session, portal, requests) for name, path in (*found, *pages(), *rows_of_figures()))
