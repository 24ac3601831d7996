"""The pages of AMT's staff in audits: the queue, the case, one entry at a time, the decision, what follows."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from amtportal.database import know_again
from amtportal.members.models import User
from ccp.audits import cases, draws, items, staff
from ccp.audits.models import AuditCase, CaseState, ItemReview, StatusProposal, Verb
from ccp.models import Evidence
from certifications.models import Cycle
from tests.support.audits import DAY, OPENED, again, audited_cycle, case_on_record, make_case, person, review, taken
from tests.support.builders import TODAY, client_of, make_user, noon
from tests.support.draws import enter_seed, freeze, make_closed, make_many
from tests.support.evidence import attach, pdf
from tests.support.pages import read, words
from tests.support.staff import found, page, told

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.ignore_template_errors]


def at(case: AuditCase, name: str, *more: object) -> str:
    return page(AuditCase, name, case.pk, *more)


def main(client: Client, address: str) -> str:
    return words(read(client.get(address)).select_one("#content-main"))


@pytest.fixture(autouse=True)
def _opened(time_machine: Any) -> None:
    time_machine.move_to(OPENED, tick=False)


# The queue


def test_two_thousand_cases_take_ten_queries_at_most_by_every_filter() -> None:
    make_many(2000)
    case = case_on_record(Cycle.objects.order_by("pk")[0])
    fields = [field.attname for field in AuditCase._meta.concrete_fields if field.attname not in ("id", "cycle_id")]
    columns = {name: getattr(case, name) for name in fields}
    cycles = Cycle.objects.exclude(pk=case.cycle_id).order_by("pk").values_list("pk", flat=True)
    AuditCase.objects.bulk_create(AuditCase(cycle_id=cycle, **columns) for cycle in cycles)
    know_again(AuditCase)
    client = client_of(person("coordinator"))
    client.get(page(AuditCase))
    for query in ({}, {"move": "member"}, {"move": "late"}, {"taken": "nobody"}, {"state": "all"}, {"q": "A-000001"}):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(page(AuditCase), query)
        assert answer.status_code == 200
        assert len(captured) <= 10, query
        total = answer.context["cl"].result_count
        assert total == (2000 if query in ({}, {"move": "member"}, {"state": "all"}) else total)
        assert len(answer.context["cl"].result_list) <= 50
    assert client.get(page(AuditCase), {"q": "lane 7"}).context["cl"].result_count > 0


def test_the_queue_shows_whose_move_by_day_and_finds_what_is_mine_free_late_or_closed() -> None:
    cycles = [audited_cycle() for _ in range(1)] + [make_closed() for _ in range(4)]
    first, asked, free, late, closed = (case_on_record(cycle) for cycle in cycles)
    reviewer = person("reviewer")
    submitted = {"state": CaseState.SUBMITTED, "frozen_at": OPENED}
    on = OPENED.date()
    AuditCase.objects.filter(pk=first.pk).update(**submitted, first_reviewer=reviewer, due_on=on + 5 * DAY)
    AuditCase.objects.filter(pk=free.pk).update(**submitted, due_on=on)
    AuditCase.objects.filter(pk=late.pk).update(**submitted, first_reviewer=make_user(), due_on=on - DAY)
    ended = {"state": "closed", "outcome": "called-off", "closed_at": OPENED, "due_on": None}
    AuditCase.objects.filter(pk=closed.pk).update(**ended)
    client = client_of(reviewer)
    assert found(client, AuditCase) == [late, free, first, asked]
    assert found(client, AuditCase, taken="mine") == [first]
    assert found(client, AuditCase, taken="nobody") == [free]
    assert found(client, AuditCase, move="late") == [late]
    assert found(client, AuditCase, move="member") == [asked]
    assert found(client, AuditCase, state="closed") == [closed]
    assert len(found(client, AuditCase, state="all")) == 5
    assert found(client, AuditCase, q=free.reference) == [free]
    assert found(client, AuditCase, q=str(asked.member.amt_id)) == [asked]
    row = words(read(client.get(page(AuditCase), {"move": "late"})).select_one("#result_list tbody tr"))
    assert "Reviewer: submitted (late)" in row
    assert staff.move(again(late), on) == "Reviewer: submitted, until Jan 14, 2027. 1 day late"


# What nobody sees before the question of conflict


def test_a_case_from_the_question_of_conflict_to_the_announced_decision(settings: Any) -> None:
    settings.AUDIT_SECOND_REVIEW_PERCENT = 100
    case = make_case("submitted", cycle=audited_cycle(points=("18", "12", "6"), amt="3"))
    file = Evidence.objects.get()
    entries = [item.activity for item in items.of_case(case)]
    asked = entries[:3]
    reviewer, coordinator = person("reviewer"), person("coordinator")
    client = client_of(reviewer)
    secrets = ["Course 1", file.original_name, "It was lost."]

    # Nothing is shown before, to nobody.
    cases.write_message(case=case, text="A question.", by=coordinator, at=OPENED)
    for somebody in (reviewer, coordinator, person("board")):
        said = main(client_of(somebody), at(case, "change"))
        assert not [secret for secret in secrets if secret in said]
        assert ("A question." in said) is (somebody == coordinator)
        assert client_of(somebody).get(at(case, "item", asked[0].pk)).status_code == 403
        assert client_of(somebody).post(at(case, "item", asked[0].pk), {"verdict": "count"}).status_code == 403
        assert client_of(somebody).get(at(case, "file", file.pk)).status_code == 403
    assert client.get(at(case, "take")).headers["Location"] == at(case, "conflict")
    assert told(client, client.post(at(case, "conflict"), {"has_conflict": "no", "what": ""})).startswith("Answered.")
    assert client.get(at(case, "item", asked[0].pk)).status_code == 403
    assert told(client, client.post(at(case, "take"))) == "You have the case."

    # Then everything is, and the file beside the claim.
    said = main(client, at(case, "change"))
    assert all(secret in said for secret in secrets)
    assert "credited by AMT" in said
    shown = read(client.get(at(case, "item", asked[0].pk)))
    assert shown.select_one(".audit-files img")["src"] == at(case, "file", file.pk)
    boxes = {box["value"]: box.has_attr("checked") for box in shown.select("input[name=checked]")}
    assert boxes == {
        "name": False, "date": True, "provider": False, "hours": False, "readable": False, "relevant": False,
    }  # fmt: skip
    assert shown.select_one("[autofocus]")["value"] == "name"
    answer = client.get(at(case, "file", file.pk))
    assert answer.headers["Content-Type"] == "image/png"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private, no-store")
    assert answer.headers["Content-Disposition"].startswith("inline")
    other = attach(make_case("drawn").cycle.credits.order_by("pk")[0].activity)
    assert client.get(at(case, "file", other.pk)).status_code == 404
    assert client.get(at(case, "item", other.activity_id)).status_code == 404

    # What is wrong is said, and what was typed stays.
    first = at(case, "item", asked[0].pk)
    all_checked = ["name", "date", "provider", "hours", "readable", "relevant"]
    for typed, sentence in (
        ({}, "Choose a verdict."),
        ({"verdict": "count", "checked": all_checked[:5]}, "Not checked: it is relevant"),
        ({"verdict": "count", "checked": all_checked, "points": "4"}, "It counts whole: 18 points."),
        ({"verdict": "reduce", "points": "", "reason": "Half."}, "Enter how many points count."),
        ({"verdict": "reduce", "points": "18", "reason": "Half."}, "A part is from 0 to less than 18 points."),
        ({"verdict": "reduce", "points": "4.1", "reason": "Half."}, "Points come in quarter steps"),
        ({"verdict": "reduce", "points": "4"}, "Say why it counts less"),
        ({"verdict": "reject", "points": "1", "reason_code": "twice"}, "What is rejected counts 0 points."),
        ({"verdict": "reject", "reason_code": "made-up"}, "Select a valid choice."),
    ):
        refused = read(client.post(first, typed))
        assert sentence in words(refused.select_one("form.audit-verdict")), typed
        kept = refused.select_one("form.audit-verdict textarea").text.strip()
        assert kept == typed.get("reason", "")
    assert not ItemReview.objects.exists()

    # One after another; the last one leads to the decision.
    to_decide = at(case, "decide")
    assert client.get(to_decide).headers["Location"] == first
    answer = client.post(first, {"verdict": "reduce", "points": "0", "reason_code": "other-name"})
    assert answer.headers["Location"] == at(case, "item", asked[1].pk)
    answer = client.post(answer.headers["Location"], {"verdict": "count", "checked": all_checked})
    answer = client.post(answer.headers["Location"], {"verdict": "reject", "reason": "It is a bill."})
    assert answer.headers["Location"] == to_decide
    assert list(ItemReview.objects.order_by("pk").values_list("verdict", "points", "reason_code", "reason")) == [
        ("reduce", 0, "other-name", ""), ("count", 12, "", ""), ("reject", 0, "", "It is a bill."),
    ]  # fmt: skip
    assert ItemReview.objects.order_by("pk")[1].checklist == dict.fromkeys(all_checked, True)
    said = main(client, to_decide)
    assert "0 of 18 points: Counts less" in said
    assert "Not passed: 15 points, 30 needed" in said
    assert told(client, client.post(to_decide, {"reason": "Two files are missing."})) == "Decided."
    assert client.post(first, {"verdict": "count", "checked": all_checked}).status_code == 403

    # The second reviewer does not read what the first one said.
    second = person("reviewer")
    taken(again(case), second)
    client = client_of(second)
    said = main(client, at(case, "change"))
    assert "Course 1" in said
    assert "Counts less" not in said + main(client, first)
    assert "Two files are missing." not in said
    review(again(case), second, "18", "12")
    client.post(to_decide, {"reason": ""})
    assert again(case).state == "announced"

    # From then on both sides read why, and a coordinator sees that nothing is left to do.
    said = main(client, at(case, "change"))
    assert "After the audit Passed" in said
    member = words(read(client_of(case.member.user).get(f"/audits/{case.pk}/")).select_one("main"))
    assert "As the file says." in member
    buttons = {words(link) for link in read(client_of(coordinator).get(at(case, "change"))).select(".object-tools a")}
    assert buttons == {"Write to the member", "History"}


def test_of_two_who_take_a_case_one_has_it_and_a_reason_from_the_list_is_in_the_members_language() -> None:
    case = make_case("submitted")
    reviewer, other = person("reviewer"), person("reviewer")
    cases.declare_conflict(case=case, has_conflict=False, by=other, at=OPENED)
    second = client_of(other)
    assert second.get(at(case, "take")).status_code == 200  # both have the page open
    taken(case, reviewer)
    late = second.post(at(case, "take"))
    assert (late.status_code, "This case is taken by somebody else." in late.text) == (200, True)
    assert second.get(at(case, "item", items.of_case(case)[0].activity.pk)).status_code == 403
    for item in items.of_case(case):
        cases.review_item(
            case=case,
            activity=item.activity,
            verdict="reject",
            points=item.activity.points * 0,
            reason_code="unreadable",
            by=reviewer,
            at=OPENED,
        )
    cases.decide(case=case, by=reviewer, at=OPENED)
    AuditCase.objects.filter(pk=case.pk).update(state=CaseState.ANNOUNCED)
    client = client_of(case.member.user)
    assert "The file cannot be read." in client.get(f"/audits/{case.pk}/").text
    client.cookies["language"] = "es"
    assert "El archivo no se puede leer." in client.get(f"/audits/{case.pk}/").text


def test_the_board_of_two_reads_the_verdicts_and_judges_what_it_judges_otherwise() -> None:
    case = make_case("appealed")
    entry = items.of_case(case)[0].activity
    one, other = person("board"), person("board")
    for by in (one, other):
        taken(again(case), by)
    client = client_of(one)
    said = main(client, at(case, "item", entry.pk))
    assert "Verdict that holds Does not count: 0" in said
    assert "The file does show the date." in main(client, at(case, "change"))
    every = ["name", "date", "provider", "hours", "readable", "relevant"]
    saved = client.post(at(case, "item", entry.pk), {"verdict": "count", "checked": every})
    assert saved.headers["Location"] == at(case, "change")
    assert client.post(at(case, "decide"), {"answer": ""}).status_code == 200
    assert told(client, client.post(at(case, "decide"), {"answer": "The date is there."})) == "Decided."
    assert client.post(at(case, "item", entry.pk), {"verdict": "reject", "reason": "x"}).status_code == 403
    client_of(other).post(at(case, "decide"), {"answer": "So it is."})
    case = again(case)
    assert (case.state, case.points, case.appeal.result) == ("closed", 18, "changed")
    # Not passed: somebody who had no part in it confirms.
    proposal = StatusProposal.objects.get()
    confirm = page(StatusProposal, "confirm", proposal.pk)
    one.user_permissions.set(Group.objects.get(name="Audit coordinators").permissions.all())
    assert client_of(one).post(confirm).status_code == 403
    desk = client_of(person("coordinator"))
    assert {"Confirm", "Decline"} <= {
        words(link) for link in read(desk.get(page(StatusProposal, "change", proposal.pk))).select(".object-tools a")
    }
    decline = page(StatusProposal, "decline", proposal.pk)
    assert "Say why" in desk.post(decline, {"reason": ""}).text
    assert told(desk, desk.post(confirm)).startswith("Confirmed")
    assert told(desk, desk.post(confirm)) == "This is confirmed already."
    assert again(case).cycle.certification.status == "lapsed"
    assert "answered this on" in desk.post(decline, {"reason": "No."}).text
    # Who coordinates sees the entries of a closed case.
    assert "Course 1" in main(desk, at(case, "change"))


def test_both_sides_write_and_a_granted_day_is_the_one_that_was_typed() -> None:
    case = make_case("extension-asked")
    desk = client_of(person("coordinator"))
    said = main(desk, at(case, "change"))
    assert "I am ill." in said
    assert told(desk, desk.post(at(case, "message"), {"text": "Send it soon."})) == "The message is sent."
    assert told(desk, desk.post(at(case, "message"), {"text": "Send it soon."})) == "This message is sent already."
    assert "Send it soon." in client_of(case.member.user).get(f"/audits/{case.pk}/").text
    assert client_of(person("reviewer")).post(at(case, "message"), {"text": "x"}).status_code == 403
    early = desk.post(at(case, "grant"), {"until": f"{case.due_on - DAY:%Y-%m-%d}"})
    assert "Enter a later day." in early.text
    until = case.extension.was_due_on + timedelta(days=7)
    assert told(desk, desk.post(at(case, "grant"), {"until": f"{until:%Y-%m-%d}"})) == "More time is granted."
    assert again(case).due_on == until
    assert told(desk, desk.post(at(case, "grant"), {"until": f"{until:%Y-%m-%d}"})) == "This is done already."


# Opening and asking


def test_a_closed_cycle_is_audited_for_cause_from_its_own_page() -> None:
    cycle = audited_cycle()
    coordinator = person("coordinator")
    desk, address = client_of(coordinator), page(Cycle, "audit", cycle.pk)
    assert desk.get(address).status_code == 403, "who may not see cycles"
    root = client_of(make_user(is_staff=True, is_superuser=True))
    assert address in root.get(page(Cycle, "change", cycle.pk)).text
    assert "Say why" in root.post(address, {"reason": ""}).text
    assert told(root, root.post(address, {"reason": "A report"})).startswith("Opened: A-")
    assert told(root, root.post(address, {"reason": "A report"})).startswith("This audit is open already")
    assert "is being audited already" in root.post(address, {"reason": "Another"}).text
    assert AuditCase.objects.get().cause == "A report"


@pytest.mark.usefixtures("on_today")
def test_all_who_were_drawn_are_asked_in_one_step_and_once(time_machine: Any) -> None:
    time_machine.move_to(noon(TODAY), tick=False)
    make_many(7)
    draw = freeze()
    desk, address = client_of(person("coordinator")), reverse("admin:audits_draw_notify", args=[draw.pk])
    assert desk.get(address).status_code == 302
    draw = enter_seed(draw)
    opened = AuditCase.objects.order_by("pk")
    assert opened.count() == 5
    assert address in desk.get(reverse("admin:audits_draw_change", args=[draw.pk])).text
    assert told(desk, desk.post(address)) == "5 members asked for proof."
    assert set(opened.values_list("state", flat=True)) == {"notified"}
    assert "already" in told(desk, desk.post(address))
    assert address not in desk.get(reverse("admin:audits_draw_change", args=[draw.pk])).text
    assert draws.notify(draw=draw, by=make_user(is_staff=True), at=timezone.now()) == 0


def test_a_pdf_is_shown_in_a_frame_that_only_this_page_may_hold() -> None:
    case = make_case("submitted")
    entry = items.of_case(case)[0].activity
    file = Evidence.objects.get()
    AuditCase.objects.filter(pk=case.pk).update(state=CaseState.NOTIFIED)
    second = attach(entry, pdf(2), name="two.pdf")
    AuditCase.objects.filter(pk=case.pk).update(state=CaseState.SUBMITTED)
    by = person("reviewer")
    taken(again(case), by)
    answer = client_of(by).get(at(case, "item", entry.pk))
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    shown = BeautifulSoup(answer.text, "html.parser")
    assert [frame["src"] for frame in shown.select("iframe")] == [at(case, "file", second.pk)]
    assert [picture["src"] for picture in shown.select(".audit-files img")] == [at(case, "file", file.pk)]
    sent = client_of(by).get(at(case, "file", second.pk))
    assert (sent.headers["Content-Type"], sent.headers["X-Frame-Options"]) == ("application/pdf", "SAMEORIGIN")
    assert "sandbox" not in sent.headers["Content-Security-Policy"], "Chromium shows no PDF in a sandbox"


def test_what_may_be_done_follows_the_table() -> None:
    case = make_case("drawn")
    assert staff.possible(case, person("coordinator")) == [Verb.NOTIFY, Verb.CALL_OFF]
    assert staff.possible(case, person("reviewer")) == []
    assert staff.possible(case, User.objects.get(pk=case.opened_by_id)) == [Verb.NOTIFY, Verb.CALL_OFF]
