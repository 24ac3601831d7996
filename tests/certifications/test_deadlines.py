"""Certifications stand by deadline, the most urgent first, in Python and in the database alike."""

from datetime import date, timedelta

import pytest

from amtportal.members.models import Member
from ccp.models import Activity
from certifications import deadlines
from certifications.models import Certification, Cycle
from tests.support.builders import TODAY, client_of, make_activity, make_activity_type, make_cycle, make_member
from tests.support.pages import form_values, read, submit, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
# By deadline: in its grace period, then the earliest end, then the later one, then what has none.
ORDER = ["MLT", "RPT", "RMA", "CMAS"]


@pytest.fixture
def member() -> Member:
    """The order of award and of recording is another one than that of the deadlines.

    RMA ends on 9/14/2027, RPT on 4/30/2026 and MLT ended on 2/22/2026; CMAS, which ended first, has
    lapsed.
    """
    member = make_member()
    make_cycle(member, credential="CMAS", awarded_on=date(2020, 1, 15), on=date(2025, 6, 1), status="lapsed")
    make_cycle(member, credential="RMA", awarded_on=date(2021, 9, 15))
    make_cycle(member, credential="RPT", awarded_on=date(2023, 5, 1))
    make_cycle(member, credential="MLT", awarded_on=date(2023, 2, 23), on=date(2026, 2, 1))
    return member


def codes_of(cycles: list[Cycle]) -> list[str]:
    return [cycle.certification.credential.code for cycle in cycles]


def test_the_rule_and_the_database_agree(member: Member) -> None:
    cycles = Cycle.objects.select_related("certification__credential")
    assert codes_of(deadlines.by_deadline(cycles.order_by("pk"))) == ORDER
    assert codes_of(deadlines.by_deadline(cycles.order_by("-pk"))) == ORDER
    assert [found.credential.code for found in deadlines.ordered(Certification.objects.all())] == ORDER


def test_closed_cycles_stand_with_their_certification_in_order_of_number(member: Member) -> None:
    for number in (1, 2):
        starts_on = date(2014 + 3 * number, 5, 1)
        Cycle.objects.create(
            certification=Certification.objects.get(credential__code="RPT"),
            number=10 + number,
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=1000),
            points_required=24,
            closed_on=TODAY,
            outcome="compliant",
            points_at_close=24,
            mandatory_at_close=True,
        )
    found = deadlines.by_deadline(Cycle.objects.select_related("certification__credential").order_by("-number"))
    assert codes_of(found) == ["MLT", "RPT", "RPT", "RPT", "RMA", "CMAS"]
    assert [cycle.number for cycle in found if cycle.certification.credential.code == "RPT"] == [1, 11, 12]


@pytest.mark.parametrize(
    ("address", "heads"),
    [
        pytest.param("/", "main .glance-status h2", id="home"),
        pytest.param("/certifications/", "main section[id^=certification-] h2", id="My Certifications"),
        pytest.param("/ccp/transcript/all/", "main h2, main h3", id="transcript"),
    ],
)
def test_every_page_has_the_order(member: Member, address: str, heads: str) -> None:
    said = [words(head) for head in read(client_of(member).get(address)).select(heads)]
    found = [code for head in said for code in ORDER if code in head]
    assert list(dict.fromkeys(found)) == ORDER


def test_record_ce_and_the_entry_have_the_order(member: Member) -> None:
    signed_in = client_of(member)
    page = read(signed_in.get("/ccp/record/"))
    assert [words(box).partition(":")[0] for box in page.select(".ticks label")] == ORDER[:3]
    assert [words(line) for line in page.select(".cycles > ul > li > .code")] == ORDER[:3]
    make_activity(*Cycle.objects.exclude(certification__status="lapsed").order_by("pk"), starts_on=date(2026, 2, 1))
    page = read(signed_in.get(f"/ccp/activities/{Activity.objects.get().pk}/"))
    told = words(page.main)
    assert sorted(ORDER[:3], key=told.index) == ORDER[:3]


def test_an_entry_is_offered_for_every_certification_whose_cycle_covers_it(member: Member) -> None:
    """On 2/25/2026 MLT's cycle has ended, CMAS has lapsed, and RMA is claimed: RPT is left."""
    signed_in = client_of(member)
    activity = make_activity(
        Cycle.objects.get(certification__credential__code="RMA"), starts_on=date(2026, 2, 25), points="3"
    )
    page = read(signed_in.get(f"/ccp/activities/{activity.pk}/"))
    [offered] = page.select("section[aria-labelledby=counts] .notice")
    assert words(offered) == (
        "Its dates also lie in your RPT cycle, May 1, 2023 to Apr 30, 2026. To have it count there too, amend "
        "it and choose "
        "RPT."
    )
    amend = offered.a["href"]
    boxes = form_values(read(signed_in.get(amend)))["certifications"]
    rpt = Certification.objects.get(credential__code="RPT")
    assert submit(signed_in, amend, certifications=[*boxes, rpt.pk], attested="on").status_code == 302
    assert {credit.cycle.certification.credential.code for credit in activity.credits.all()} == {"RMA", "RPT"}
    assert not read(signed_in.get(f"/ccp/activities/{activity.pk}/")).select("section[aria-labelledby=counts] .notice")


def test_an_entry_is_not_offered_where_its_type_does_not_count(member: Member) -> None:
    kind = make_activity_type()
    kind.credentials.add(Certification.objects.get(credential__code="RMA").credential)
    rma = Cycle.objects.get(certification__credential__code="RMA")
    activity = make_activity(rma, kind=kind.code, starts_on=date(2026, 2, 25))
    page = read(client_of(member).get(f"/ccp/activities/{activity.pk}/"))
    assert not page.select("section[aria-labelledby=counts] .notice")
