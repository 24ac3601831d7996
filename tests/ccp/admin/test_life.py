"""Staff change a status, extend a grace period and sign a correction.

The member reads what became of it.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import User
from certifications.models import Certification, Cycle, CycleCorrection, StatusChange
from tests.support.builders import TODAY, client_of, make_cycle, make_member, noon
from tests.support.pages import read, words
from tests.support.staff import found, make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
CLOSED = {"closed_on": date(2026, 5, 1), "outcome": "non-compliant", "points_at_close": Decimal("29.75")}


@pytest.fixture
def clerk() -> User:
    return make_clerk(
        "view_certification",
        "change_status",
        "view_cycle",
        "extend_cycle",
        "view_cyclecorrection",
        "correct_closed_cycle",
        "view_statuschange",
        email="kim@amt.example",
    )


@pytest.fixture
def desk(clerk: User) -> Client:
    return client_of(clerk)


@pytest.fixture
def cycle() -> Cycle:
    """RMA of Ann O'Neil, 5/1/2023 to 4/30/2026."""
    return make_cycle(make_member(amt_id="7001234", first_name="Ann", last_name="O'Neil"))


@pytest.fixture
def closed(cycle: Cycle) -> Cycle:
    Cycle.objects.update(**CLOSED)
    cycle.refresh_from_db()
    return cycle


def fact(text: str) -> str:
    form = BeautifulSoup(text, "html.parser").select_one("#content-main form")
    assert form is not None
    return words(form)


# The status


def test_a_status_is_changed_with_a_reason_and_its_consequence_in_view(desk: Client, clerk: User, cycle: Cycle) -> None:
    address = page(Certification, "status", cycle.certification_id)
    assert address in desk.get(page(Certification, "change", cycle.certification_id)).text
    form = desk.get(address).text
    assert "If retired It takes no records. Its cycle May 1, 2023 to Apr 30, 2026 is not closed now" in fact(form)
    offered = [option["value"] for option in BeautifulSoup(form, "html.parser").select("select[name=to] option")]
    assert offered == ["", "lapsed", "retired"]
    response = submit(desk, address, to="retired", reason="Has left the field.")
    assert told(desk, response).endswith("was active and is retired: Has left the field.")
    change = StatusChange.objects.get()
    assert (change.after, change.changed_on, change.changed_by) == ("retired", TODAY, clerk)
    assert LogEntry.objects.get().change_message.endswith("is retired: Has left the field.")
    text = words(read(client_of(cycle.certification.member).get("/certifications/")).main)
    assert "This certification has been retired since Mar 14, 2026 and takes no records. Has left the field." in text
    assert "Has left the field. Call AMT at" in text


def test_a_status_that_may_not_follow_is_not_taken(desk: Client, cycle: Cycle) -> None:
    address = page(Certification, "status", cycle.certification_id)
    assert "Select a valid choice" in submit(desk, address, to="reinstated", reason="Why not?").text
    assert "Say why: the reason" in submit(desk, address, to="retired", reason="").text
    assert not StatusChange.objects.exists()


def test_a_revoked_certification_has_no_further_status(desk: Client, cycle: Cycle) -> None:
    Certification.objects.update(status="revoked")
    address = page(Certification, "status", cycle.certification_id)
    assert address not in desk.get(page(Certification, "change", cycle.certification_id)).text
    assert told(desk, desk.get(address)).endswith("is revoked, which is final.")


def test_what_is_due_is_closed_before_a_status_is_chosen(
    clerk: User, cycle: Cycle, on_today: TimeMachineFixture
) -> None:
    """The certification is retired, and the unmet cycle ended long ago.

    Reinstating opens the cycle of the day, although no run has taken place.
    """
    Certification.objects.update(status="retired")
    on_today.move_to(noon(date(2026, 10, 1)))
    desk = client_of(clerk)
    address = page(Certification, "status", cycle.certification_id)
    assert "If reinstated Cycle 2 opens, May 1, 2026 to Apr 30, 2029, for 30 points" in fact(desk.get(address).text)
    submit(desk, address, to="reinstated", reason="Back at work.")
    assert list(Cycle.objects.order_by("number").values_list("number", "outcome")) == [(1, "non-compliant"), (2, "")]
    assert Certification.objects.get().status == "reinstated"
    text = words(read(client_of(cycle.certification.member).get("/certifications/")).main)
    assert "takes no records" not in text


# The grace period


def test_an_extension_shows_the_dates_that_move_before_it_moves_them(desk: Client, cycle: Cycle) -> None:
    address = page(Cycle, "extend", cycle.pk)
    assert address in desk.get(page(Cycle, "change", cycle.pk)).text
    first = submit(desk, address, until="2026-09-30", reason="Deployed.")
    assert "Last day of the grace period Jul 29, 2026 → Sep 30, 2026" in fact(first.text)
    assert "Closes as non-compliant, if the requirement is not met then Jul 30, 2026 → Oct 1, 2026" in fact(first.text)
    assert Cycle.objects.get().grace_extended_to is None
    typed = {"until": "2026-09-30", "reason": "Deployed.", "shown": "2026-09-30"}
    assert told(desk, desk.post(address, typed)) == "The grace period ends Sep 30, 2026: Deployed."
    extended = Cycle.objects.get()
    assert (extended.grace_extended_to, extended.grace_extension_reason) == (date(2026, 9, 30), "Deployed.")


def test_an_extension_given_by_mistake_is_taken_back(desk: Client, cycle: Cycle) -> None:
    address = page(Cycle, "extend", cycle.pk)
    desk.post(address, {"until": "2026-09-30", "reason": "Deployed.", "shown": "2026-09-30"})
    assert "To take an extension back, enter the last day of the usual grace period" in desk.get(address).text
    first = submit(desk, address, until="2026-07-29", reason="Another member.")
    assert "Last day of the grace period Sep 30, 2026 → Jul 29, 2026" in fact(first.text)
    typed = {"until": "2026-07-29", "reason": "Another member.", "shown": "2026-07-29"}
    assert told(desk, desk.post(address, typed)) == "The grace period ends Jul 29, 2026: Another member."
    assert Cycle.objects.get().grace_extended_to is None


def test_another_date_than_the_one_shown_is_shown_first(desk: Client, cycle: Cycle) -> None:
    typed = {"until": "2026-10-31", "reason": "Deployed.", "shown": "2026-09-30"}
    answer = desk.post(page(Cycle, "extend", cycle.pk), typed)
    assert "Jul 29, 2026 → Oct 31, 2026" in fact(answer.text)
    assert Cycle.objects.get().grace_extended_to is None


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        pytest.param(
            "2026-07-29", "The usual grace period ends Jul 29, 2026. Enter a later day.", id="extends nothing"
        ),
        pytest.param("9999-12-31", "can be extended to Apr 30, 2029, not further.", id="the last day of all"),
    ],
)
def test_an_extension_to_a_day_that_cannot_be_is_an_error_at_its_date(
    desk: Client, cycle: Cycle, until: str, sentence: str
) -> None:
    assert sentence in submit(desk, page(Cycle, "extend", cycle.pk), until=until, reason="Deployed.").text


def test_a_closed_cycle_offers_no_extension_and_takes_none(desk: Client, closed: Cycle) -> None:
    assert page(Cycle, "extend", closed.pk) not in desk.get(page(Cycle, "change", closed.pk)).text
    typed = {"until": "2026-09-30", "reason": "Deployed.", "shown": "2026-09-30"}
    assert "a closed cycle does not change" in desk.post(page(Cycle, "extend", closed.pk), typed).text
    assert Cycle.objects.get().grace_extended_to is None


# Corrections


def test_a_correction_is_signed_and_read_beside_the_original(
    clerk: User, closed: Cycle, on_today: TimeMachineFixture
) -> None:
    on_today.move_to(noon(date(2026, 6, 1)))
    desk = client_of(clerk)
    address = page(Cycle, "correct", closed.pk)
    assert address in desk.get(page(Cycle, "change", closed.pk)).text
    assert "Closed on May 1, 2026 29.75 points, non-compliant" in fact(desk.get(address).text)
    typed = {"points": "30", "outcome": "compliant", "statement": "A course of 2 hours was read as 1.75."}
    assert told(desk, submit(desk, address, **typed)) == "Signed a correction: 30 points, compliant."
    assert told(desk, submit(desk, address, **typed)) == "This correction is signed already, once."
    assert CycleCorrection.objects.get().signed_by == clerk
    closed.refresh_from_db()
    assert (closed.points_at_close, closed.outcome) == (Decimal("29.75"), "non-compliant")

    member = client_of(closed.certification.member)
    row = read(member.get("/certifications/")).select_one("section.past-cycles tbody tr")
    assert row is not None
    assert "29.75 of 30" in words(row)
    said = "30 points, compliant. A course of 2 hours was read as 1.75."
    assert f"Corrected by AMT on Jun 1, 2026: {said}" in words(row)
    transcript = words(read(member.get(f"/ccp/transcript/{closed.pk}/")).main)
    assert "Closed on May 1, 2026 as non-compliant" in transcript
    assert "30 points, compliant, signed for AMT on Jun 1, 2026. A course of 2 hours was read as 1.75." in transcript


def test_an_open_cycle_offers_no_correction_and_takes_none(desk: Client, cycle: Cycle) -> None:
    address = page(Cycle, "correct", cycle.pk)
    assert address not in desk.get(page(Cycle, "change", cycle.pk)).text
    assert told(desk, desk.get(address)).endswith("is not closed. Only a closed cycle is corrected.")


# Who may


@pytest.mark.parametrize(
    ("action", "permission"),
    [("extend", "extend_cycle"), ("correct", "correct_closed_cycle")],
)
def test_a_deed_of_a_cycle_needs_its_permission(closed: Cycle, action: str, permission: str) -> None:
    assert client_of(make_clerk("view_cycle")).get(page(Cycle, action, closed.pk)).status_code == 403
    assert client_of(make_clerk("view_cycle", permission)).get(page(Cycle, action, closed.pk)).status_code == 200
    assert client_of(make_clerk("view_cycle", permission)).get(page(Cycle, action, 99999)).status_code == 404


def test_changing_a_status_needs_the_permission_to_change_certifications(cycle: Cycle) -> None:
    address = page(Certification, "status", cycle.certification_id)
    assert client_of(make_clerk("view_certification")).get(address).status_code == 403


# Lists


def test_changes_and_corrections_are_listed_and_cannot_be_written_by_hand(desk: Client, closed: Cycle) -> None:
    submit(desk, page(Certification, "status", closed.certification_id), to="lapsed", reason="As closed.")
    submit(desk, page(Cycle, "correct", closed.pk), points="29", outcome="non-compliant", statement="Counted twice.")
    for model in (StatusChange, CycleCorrection):
        row = model.objects.get()
        assert found(desk, model, q="7001234") == [row]
        assert desk.get(page(model, "change", row.pk)).status_code == 200
        assert desk.post(page(model, "change", row.pk), {}).status_code == 403
        assert desk.get(page(model, "add")).status_code == 403
        assert desk.get(page(model, "delete", row.pk)).status_code == 403
