"""Probation: an order, an end that comes by itself, and who reads what."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from time_machine import TimeMachineFixture

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.sharing import look_up
from ccp.transcripts import papers
from certifications import probations
from certifications.models import Certification, Probation
from certifications.validity import of_certifications
from tests.support.builders import TODAY, client_of, make_cycle, make_member, make_user, noon
from tests.support.pages import read, words
from tests.support.staff import make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
AT = noon(TODAY)
ENDS = date(2026, 9, 30)
ORDER = "Take a course in ethics."


@pytest.fixture
def officer() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def certification() -> Certification:
    return make_cycle(make_member(amt_id="7001", last_name="O'Neil")).certification


def impose(certification: Certification, officer: User, **fields: object) -> Probation:
    given = {
        "certification": certification,
        "ends_on": ENDS,
        "order": ORDER,
        "points": Decimal(3),
        "due_on": date(2026, 8, 31),
        "by": officer,
        "at": AT,
    }
    return probations.impose(**{**given, **fields})


def verified() -> str:
    stdout = StringIO()
    call_command("verify_records", stdout=stdout)
    return stdout.getvalue()


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        pytest.param({"ends_on": TODAY}, "ends_on", "The last day comes after Mar 14, 2026", id="today"),
        pytest.param({"ends_on": date(2031, 3, 15)}, "ends_on", "by Mar 14, 2031 at the latest", id="over five years"),
        pytest.param({"order": " "}, "order", "Say what the member has to do", id="no order"),
        pytest.param({"points": None, "due_on": None}, "points", "how many points", id="neither points nor a day"),
        pytest.param({"points": Decimal(0)}, "points", "in quarter steps", id="no points"),
        pytest.param({"points": Decimal("1.3")}, "points", "in quarter steps", id="no quarter step"),
        pytest.param({"due_on": TODAY - DAY}, "due_on", "is to be met from Mar 14, 2026", id="due yesterday"),
        pytest.param({"due_on": ENDS + DAY}, "due_on", "Sep 30, 2026", id="due after the end"),
    ],
)
def test_what_an_order_needs(
    certification: Certification, officer: User, fields: dict[str, object], field: str, says: str
) -> None:
    with pytest.raises(Refused, match=says) as refusal:
        impose(certification, officer, **fields)
    assert refusal.value.field == field
    assert not Probation.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"ends_on": date(2031, 3, 14), "due_on": date(2031, 3, 14)},
        {"ends_on": TODAY + DAY, "due_on": TODAY},
        {"points": None},
        {"due_on": None, "points": Decimal("0.25")},
    ],
)
def test_the_edges_of_an_order(certification: Certification, officer: User, fields: dict[str, object]) -> None:
    assert impose(certification, officer, **fields).pk


def test_it_runs_to_its_last_day_and_ends_by_itself(certification: Certification, officer: User) -> None:
    imposed = impose(certification, officer)
    certification.refresh_from_db()
    assert probations.running(certification, ENDS) == imposed
    assert probations.running(certification, ENDS + DAY) is None
    [runs], [over] = of_certifications([certification], ENDS), of_certifications([certification], ENDS + DAY)
    assert runs.status_in_words == "Active, in force, on probation until Sep 30, 2026"
    assert over.status_in_words == "Active, in force"
    assert "no differences" in verified()


def test_one_runs_at_a_time_and_a_repeat_changes_nothing(certification: Certification, officer: User) -> None:
    first = impose(certification, officer)
    assert impose(certification, officer) == first
    with pytest.raises(Refused, match="A probation runs until Sep 30, 2026"):
        impose(certification, officer, order="Another.")
    assert Probation.history.count() == 1


@pytest.mark.parametrize("status", ["lapsed", "retired", "revoked", "ended"])
def test_only_what_is_in_force_is_put_on_probation(certification: Certification, officer: User, status: str) -> None:
    Certification.objects.update(status=status)
    with pytest.raises(Refused, match=f"The certification is {status}"):
        impose(certification, officer)


def test_it_is_extended_and_ended_with_a_reason(certification: Certification, officer: User) -> None:
    with pytest.raises(Refused, match="No probation of this certification runs"):
        probations.extend(certification=certification, ends_on=ENDS, reason="So.", by=officer, at=AT)
    impose(certification, officer)
    change = {"certification": certification, "by": officer, "at": AT}
    with pytest.raises(Refused, match="It runs until Sep 30, 2026"):
        probations.extend(ends_on=ENDS - DAY, reason="So.", **change)
    with pytest.raises(Refused, match="Say why it is extended"):
        probations.extend(ends_on=ENDS + DAY, reason="", **change)
    assert probations.extend(ends_on=ENDS + DAY, reason="Ill.", **change).ends_on == ENDS + DAY
    assert Certification.objects.get().probation_until == ENDS + DAY
    with pytest.raises(Refused, match="Say why it ends"):
        probations.end(reason="", **change)
    assert probations.end(reason="Met.", **change)
    assert probations.end(reason="Met.", **change) is None
    assert Certification.objects.get().probation_until is None
    assert impose(certification, officer).pk
    assert "no differences" in verified()


def test_others_read_that_it_is_on_probation_and_the_member_reads_the_order(
    certification: Certification, officer: User
) -> None:
    impose(certification, officer)
    number = certification.certificate_number
    [found] = look_up.find(last_name="O'Neil", certificate_number=number, at=AT)
    assert found.status_in_words == "Active, in force, on probation until Sep 30, 2026"
    main = read(client_of(certification.member).get("/certifications/")).main
    notice = main.select_one('[data-name="probation"]')
    assert notice
    text = words(notice)
    assert text.startswith("This certification is in force, on probation until Sep 30, 2026. AMT orders: " + ORDER)
    assert "The order asks for 3 points. It is to be met by Aug 31, 2026." in text


def test_there_is_no_letter_of_good_standing_meanwhile(certification: Certification, officer: User) -> None:
    impose(certification, officer)
    certification.refresh_from_db()
    [validity] = of_certifications([certification], TODAY)
    refusal = papers.why_no_letter(validity, TODAY)
    assert refusal
    assert refusal.sentence == "Your RMA certification is in force, on probation until Sep 30, 2026."
    card = papers.of_standing(papers.PaperKind.CARD, validity)
    assert papers.Said(card.snapshot).status == "Active, in force, on probation until Sep 30, 2026"


@pytest.mark.ignore_template_errors
def test_staff_put_on_probation_extend_and_end_it(certification: Certification, on_today: TimeMachineFixture) -> None:
    desk = client_of(make_clerk("view_certification", "put_on_probation", email="kim@amt.example"))
    address = page(Certification, "probation", certification.pk)
    assert address in desk.get(page(Certification, "change", certification.pk)).text
    form = {"ends_on": "2026-09-30", "order": ORDER, "points": "", "due_on": ""}
    refused = submit(desk, address, **form)
    assert "Say how many points the order asks for, by which day, or both." in refused.text
    assert ORDER in refused.text
    form["due_on"] = "2026-08-31"
    assert "on probation until Sep 30, 2026" in told(desk, submit(desk, address, **form))
    assert told(desk, submit(desk, address, **form)).endswith("on probation until Sep 30, 2026 already.")
    extend, end = (page(Certification, f"probation_{what}", certification.pk) for what in ("extend", "end"))
    assert "to Oct 31, 2026: Ill." in told(desk, submit(desk, extend, ends_on="2026-10-31", reason="Ill."))
    assert "Ended the probation" in told(desk, submit(desk, end, reason="Met."))
    assert told(desk, desk.get(end)).endswith("is not on probation.")
    assert client_of(make_clerk("view_certification", "change_certification")).get(address).status_code == 403
