"""Every page in Spanish: no text of three words or more is the same as in English, but names and what people typed."""

import ast
import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from django.test import Client

from amtportal.members.models import Member, User
from ccp import calendar, error_reports, recording
from certifications import life
from tests.builders import (
    PASSWORD,
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_amt_credit,
    make_cycle,
    make_member,
    make_payment,
    noon,
)
from tests.spanish import TYPED, left_on, prose, word_count

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
ROOT = Path(__file__).parent.parent.parent

# Files whose sentences do not all go through gettext yet. One that needs no excuse any more fails a test: take it off.
NOT_YET: tuple[str, ...] = ()

PUBLIC = [
    "/",
    "/accounts/login/",
    "/accounts/activate/",
    "/accounts/activate/done/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-abc/",
    "/accounts/confirm-email/abc/",
    "/accounts/inactive/",
    "/accounts/signup/",
    "/qualifying-activities/",
    "/guide/",
    "/verify/",
    "/verify/?code=7KQ2",
    "/verify/0000000000000000/",
    "/nothing/here/",
]
OF_MEMBER = [
    "/",
    "/certifications/",
    "/ccp/record/",
    "/ccp/activities/",
    "/ccp/activities/?cycle={cycle}&category=authorship",
    "/ccp/activities/?sort=title&state=withdrawn&source=amt",
    "/ccp/activities/?sort=sideways",
    "/ccp/transcript/{cycle}/",
    "/ccp/transcript/all/",
    "/calendar/",
    "/invoices/",
    "/invoices/{first}/",
    "/invoices/{last}/",
    "/invoices/{last}.pdf",
    "/accounts/password/change/",
    "/accounts/logout/",
]
OF_ENTRY = [
    "/ccp/activities/{activity}/",
    "/ccp/activities/{activity}/amend/",
    "/ccp/activities/{activity}/withdraw/",
    "/ccp/activities/{activity}/difference/",
    "/ccp/record/?like={activity}",
]


def left_of(member: Member, *more: str) -> set[str]:
    cycle = cycle_of(member, member.certifications.get().credential.code)
    keys = {"cycle": cycle.pk, "first": invoice_of(cycle, 1).pk, "last": invoice_of(cycle).pk}
    found = left_on(client_of(member), OF_MEMBER, **keys)
    for activity in member.activities.all():
        found |= left_on(client_of(member), [*OF_ENTRY, *more], activity=activity.pk)
    return found


def with_everything(member: Member, staff: User) -> Member:
    """The member with a look-alike, entries withdrawn, void and amended, a reported credit, a calendar, a payment."""
    cycle = cycle_of(member)
    calendar.create(member=member, at=noon(TODAY))
    make_activity(cycle, points="2", quantity=None, title=TYPED[0])
    make_activity(cycle, points="2", title=TYPED[0])
    recording.withdraw(activity=make_activity(cycle, points="1"), by=member.user, at=noon(TODAY))
    credit = make_amt_credit(cycle, title=TYPED[0], points="2")
    error_reports.report(activity=credit, text=TYPED[0], by=member.user, at=noon(TODAY))
    void = make_activity(cycle, points="1", title=TYPED[0])
    recording.void(activity=void, reason=TYPED[0], by=staff, at=noon(TODAY))
    make_payment(invoice_of(cycle, 1))
    return member


def past(member: Member) -> Member:
    """A cycle that is closed, and the one after it."""
    cycle = make_cycle(member, awarded_on=date(2020, 5, 1), on=date(2022, 1, 1))
    make_activity(cycle, points="30", starts_on=date(2021, 1, 1), at=noon(date(2022, 1, 2)))
    for year in (1, 2, 3):
        make_payment(invoice_of(cycle, year), at=noon(date(2023, 4, 30)), received_on=date(2023, 4, 29))
    return member


@pytest.fixture
def left(new: Member, short: Member, met: Member, grace: Member, voluntary: Member, staff: User) -> set[str]:
    """Every text of every page that is the same in both languages."""
    everything = with_everything(met, staff)
    anonymous = Client()
    found = left_on(anonymous, PUBLIC)
    for member in (new, short, grace, voluntary):
        found |= left_of(member)
    found |= left_on(client_of(staff), ["/"])
    everything.user.set_password(PASSWORD)
    everything.user.save()
    found |= left_of(everything, "/ccp/activities/{activity}/report/", "/accounts/reauthenticate/")
    found |= left_on(client_of(past(make_member())), ["/", "/certifications/", "/ccp/activities/", "/invoices/"])
    lapsed = make_cycle(credential="RPT").certification
    life.change_status(certification=lapsed, to="retired", reason=TYPED[0], by=staff, at=noon(TODAY))
    found |= left_on(client_of(lapsed.member), ["/", "/certifications/", "/ccp/record/"])
    found |= left_on(
        client_of(make_member()), ["/", "/certifications/", "/ccp/record/", "/ccp/activities/", "/invoices/"]
    )
    return found


@cache
def unwrapped(path: str) -> tuple[str, ...]:
    """The pieces of English in a file that do not go through gettext, each of two words or more."""
    source = (ROOT / path).read_text()
    readers = {".py": _of_python, ".html": _of_template, ".json": lambda text: re.findall(r'"([^"]+)"', text)}
    pieces = readers[Path(path).suffix](source)
    cleaned = (prose(piece).strip(" .,:;()·–“”") for piece in pieces)
    return tuple(piece for piece in cleaned if word_count(piece) >= 2)


def _of_template(source: str) -> list[str]:
    source = re.sub(r"\{% blocktranslate.*?%\}.*?\{% endblocktranslate %\}|\{#.*?#\}", "\0", source, flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "\0", source, flags=re.DOTALL)
    labels = re.findall(r'(?:aria-label|alt|title|placeholder|data-label)="([^"]+)"', source)
    return [*labels, *re.split("\0", re.sub(r"<[^>]*>", "\0", source))]


def _of_python(source: str) -> list[str]:
    tree = ast.parse(source)
    wrapped = {
        id(text)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and re.fullmatch(r"_|n?p?gettext(_lazy|_noop)?", getattr(call.func, "id", ""))
        for text in ast.walk(call)
    }
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in wrapped]
    return [piece for text in texts if isinstance(text, str) for piece in re.split(r"%\([a-z_]+\)[sd]|\{\}", text)]


def excused_by(text: str) -> set[str]:
    return {path for path in NOT_YET if any(piece in prose(text) for piece in unwrapped(path))}


def test_no_page_in_spanish_says_a_sentence_in_english(left: set[str]) -> None:
    assert {text for text in left if not excused_by(text)} == set()
    # Once every file is wrapped, nothing is left to excuse, and this list is empty.
    needed = {path for text in left for path in excused_by(text)}
    assert sorted(set(NOT_YET) - needed) == [], "these say nothing in English any more: take them off the list"
