"""A file under audit stays: no address, no verb and no command removes it."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from amtportal.refusals import Refused
from amtportal.uploads import kept
from ccp.audits import cases, items
from ccp.audits.models import AuditCase
from ccp.evidence import attaching as evidence
from ccp.models import Activity, Evidence
from ccp.recording import verbs as recording
from certifications.models import Cycle
from tests.support.addresses import below
from tests.support.audits import DAY, OPENED, make_case, owner, person
from tests.support.builders import client_of, make_claim, make_user, noon
from tests.support.evidence import attach, picture, sent
from tests.support.pages import read, words

pytestmark = pytest.mark.django_db


def first_file(case: AuditCase) -> Evidence:
    return Evidence.objects.get(activity__member=case.member)


@pytest.mark.parametrize("state", ["submitted", "more-wanted", "second-review", "announced", "appealed", "closed"])
def test_from_the_submission_on_no_file_is_removed(state: str, time_machine: Any) -> None:
    case = make_case(state)
    time_machine.move_to(OPENED, tick=False)
    file, client = first_file(case), client_of(owner(case))
    for method in (client.get, client.post):
        answered = method(f"/ccp/evidence/{file.pk}/remove/")
        assert answered.status_code == 302
        page = read(client.get(answered.headers["Location"]))
        assert "AMT looks at this entry in an audit" in words(page.body)
        assert not page.select(f"a[href='/ccp/evidence/{file.pk}/remove/']")
    assert not read(client.get(f"/audits/{case.pk}/")).select("a[href$='/remove/']")
    with pytest.raises(Refused):
        evidence.remove(evidence=file, by=owner(case), at=OPENED)
    file.refresh_from_db()
    assert file.is_attached


@pytest.mark.parametrize("state", ["drawn", "notified", "overdue"])
def test_before_the_submission_a_file_can_be_removed(state: str, time_machine: Any) -> None:
    case = make_case(state)
    time_machine.move_to(noon(case.due_on), tick=False)
    attach(items.of_case(case)[0].activity)
    file, client = first_file(case), client_of(owner(case))
    assert read(client.get(f"/audits/{case.pk}/")).select(f"a[href='/ccp/evidence/{file.pk}/remove/']")
    client.post(f"/ccp/evidence/{file.pk}/remove/")
    file.refresh_from_db()
    assert not file.is_attached


def test_a_file_stays_once_the_last_day_has_passed_without_a_submission(time_machine: Any) -> None:
    case = make_case("overdue")
    attach(items.of_case(case)[0].activity)
    time_machine.move_to(noon(case.due_on + DAY), tick=False)
    for passed in (False, True):
        if passed:
            call_command("pass_audit_deadlines")
        with pytest.raises(Refused, match="looks at this entry"):
            evidence.remove(evidence=first_file(case), by=owner(case), at=OPENED)
        with pytest.raises(Refused, match="is reviewing this entry"):
            attach(items.of_case(case)[1].activity)


@pytest.mark.parametrize(
    ("state", "is_taken"),
    [
        pytest.param("drawn", True, id="drawn"),
        pytest.param("notified", True, id="asked for"),
        pytest.param("overdue", True, id="overdue"),
        pytest.param("submitted", False, id="being reviewed"),
        pytest.param("more-wanted", True, id="more asked for"),
        pytest.param("second-review", False, id="being reviewed again"),
        pytest.param("announced", True, id="before an appeal"),
        pytest.param("appealed", False, id="before the board"),
    ],
)
def test_evidence_of_a_closed_cycle_can_be_added_while_the_case_asks_for_it(
    state: str, is_taken: bool, time_machine: Any
) -> None:
    case = make_case(state)
    time_machine.move_to(noon(case.due_on), tick=False)
    activity = items.of_case(case)[1].activity
    client = client_of(owner(case))
    for address in (f"/audits/{case.pk}/entries/{activity.pk}/files/", f"/ccp/activities/{activity.pk}/evidence/"):
        before = Evidence.objects.count()
        content = picture("PNG", size=(50, 40 + before))
        answered = client.post(address, {"file": sent(content, "new.png")})
        assert Evidence.objects.count() == before + is_taken, address
        if not is_taken:
            assert "AMT is reviewing this entry in an audit" in words(read(answered).body)


def test_no_address_of_the_portal_makes_a_file_under_audit_vanish(admin_client: Client, time_machine: Any) -> None:
    """Whoever knows an address and may use it: the member, and staff with every permission."""
    case = make_case("submitted")
    time_machine.move_to(OPENED, tick=False)
    file = first_file(case)
    keys = {"evidence": file.pk, "activit": file.activity_id, "audit": case.pk, "cycle": case.cycle_id}
    sent_with = {"post": "yes", "reason": "Because.", "_confirm": "on", "action": "delete_selected", "index": "0"}
    tried = 0
    for route in below(""):
        key = next((key for name, key in keys.items() if name in route), None)
        if key is None or not (numbers := re.findall("<(?:int|path)?:?(\\w+)>", route)):
            continue
        address = "/" + route
        for number in numbers:
            value = file.activity_id if number == "activity" else key
            address = re.sub(f"<(?:\\w+:)?{number}>", str(value), address)
        for client in (client_of(owner(case)), admin_client):
            client.raise_request_exception = False
            client.post(address, {**sent_with, "_selected_action": str(file.pk)})
            tried += 1
    assert tried > 20
    call_command("clean_evidence", "--remove")
    file.refresh_from_db()
    assert file.is_attached
    assert kept.storage().exists(file.stored_name)
    assert Activity.objects.get(pk=file.activity_id).is_standing


def test_no_verb_changes_an_entry_under_audit() -> None:
    case = make_case("submitted")
    activity = items.of_case(case)[0].activity
    call: dict[str, Any] = {"activity": activity, "by": owner(case), "at": OPENED}
    claim = make_claim(points="1")
    for verb, more in (
        (recording.withdraw, {}),
        (recording.amend, {"cycles": [case.cycle], "claim": claim, "revision": activity.revision}),
        (recording.say_difference, {"difference": "Another day."}),
        (recording.void, {"reason": "No."}),
    ):
        with pytest.raises(Refused):
            verb(**{**call, **({"by": make_user(is_staff=True)} if verb == recording.void else {})}, **more)
    stored = Activity.objects.get(pk=activity.pk)
    assert (stored.is_standing, stored.points, stored.revision) == (True, activity.points, activity.revision)


def test_the_closed_cycle_is_not_rewritten_by_anything_in_a_case() -> None:
    def row(case: AuditCase) -> dict[str, Any]:
        return Cycle.objects.filter(pk=case.cycle_id).values().get()

    drawn = make_case("drawn")
    before = row(drawn)
    cases.call_off(case=drawn, reason="An error.", by=person("coordinator"), at=OPENED)
    closed = make_case("closed", cycle=drawn.cycle)
    assert row(closed) == before
