"""Credits of course systems: what is recorded, held and refused, and what is done only once."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import FormerAmtId, Member
from ccp.amt_credits import holding
from ccp.api import credits, idempotency
from ccp.api.models import Delivery, KeptAnswer
from ccp.counting import requirement
from ccp.models import Activity, HeldCredit
from tests.support.builders import TODAY, chicago, client_of, cycle_of, make_cycle, make_member, make_user, noon
from tests.support.course_systems import Course, credit
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


@pytest.fixture
def course() -> Course:
    return Course("credits:write")


def fields_of(answer: Any) -> dict[str, str]:
    return {one["field"]: one["sentence"] for one in answer.json()["errors"]}


# One credit


def test_a_credit_of_a_member_is_recorded_and_counts(course: Course, new: Member) -> None:
    sent = credit(new, points="1.5")
    answer = course.post("credits", sent)
    assert answer.status_code == 201
    entry = Activity.objects.get(member=new)
    assert answer.json() == {
        "reference": sent["reference"],
        "status": "recorded",
        "entry": entry.reference,
        "points": "1.5",
        "counted": [{"credential": "RMA", "points": "1.5"}],
        "detail": "It is recorded.",
    }
    assert (entry.source, entry.provider, entry.title) == ("amt", course.system.name, "Phlebotomy update")
    assert entry.provider_reference == f"{course.system.code}:{sent['reference']}"
    assert requirement.counted_points(cycle_of(new)) == Decimal("1.5")


def test_the_member_reads_who_gave_the_course(course: Course, new: Member) -> None:
    course.post("credits", credit(new, provider="City Hospital"))
    assert "City Hospital" in words(read(client_of(new).get("/ccp/activities/")).main)


@pytest.mark.parametrize(
    ("points", "on_record"),
    [(1, "1"), (1.25, "1.25"), ("1.25", "1.25"), (0.75, "0.75"), ("3.0", "3")],
    ids=["number", "decimal", "text", "less than one", "with a zero"],
)
def test_points_are_exact_as_numbers_and_as_text(course: Course, new: Member, points: Any, on_record: str) -> None:
    assert course.post("credits", credit(new, points=points)).json()["points"] == on_record


def test_a_quantity_makes_points(course: Course, new: Member) -> None:
    answer = course.post("credits", credit(new, points=None, quantity="3.2"))
    assert (answer.status_code, answer.json()["points"]) == (201, "3")


@pytest.mark.parametrize("typed", ["NEW", " new ", "Néw"])
def test_the_last_name_is_compared_without_case_and_accents(course: Course, new: Member, typed: str) -> None:
    assert course.post("credits", credit(new, last_name=typed)).status_code == 201


def test_an_unknown_amt_id_and_another_name_are_held_with_the_same_answer(course: Course, new: Member) -> None:
    """Otherwise the answer would tell who has an AMT ID."""
    unknown = course.post("credits", credit(new, amt_id="9999999", reference="U-1"))
    other = course.post("credits", credit(new, last_name="Somebody", reference="U-2"))
    assert (unknown.status_code, other.status_code) == (202, 202)
    told = [{**answer.json(), "reference": ""} for answer in (unknown, other)]
    assert told[0] == told[1]
    assert told[0]["status"] == "held"
    assert not Activity.objects.exists()
    reasons = {held.reason for held in HeldCredit.objects.all()}
    assert reasons == {"No member has the AMT ID 9999999.", f"The last name that came is not that of {new.amt_id}."}


def test_a_credit_that_no_open_cycle_takes_is_held(course: Course, new: Member) -> None:
    answer = course.post("credits", credit(new, starts_on="2020-01-01"))
    assert answer.status_code == 202
    assert "No open cycle" in answer.json()["detail"]


def test_a_held_credit_waits_for_the_name_and_keeps_who_gave_the_course(course: Course) -> None:
    member = make_member(last_name="Maiden")
    make_cycle(member)
    course.post("credits", credit(member, last_name="Married", provider="City Hospital"))
    assert holding.match(by=None, at=noon(TODAY)).recorded == 0
    member.last_name = "Married"
    member.save()
    assert holding.match(by=None, at=noon(TODAY)).recorded == 1
    assert Activity.objects.get().provider == "City Hospital"


def test_a_former_amt_id_leads_to_the_member(course: Course, new: Member) -> None:
    FormerAmtId.objects.create(
        member=new, amt_id="5550001", changed_at=noon(TODAY), changed_by=make_user(), reason="Typing error"
    )
    assert course.post("credits", credit(new, amt_id="5550001")).status_code == 201


def test_two_systems_can_have_the_same_reference(course: Course, new: Member) -> None:
    other = Course("credits:write")
    sent = credit(new)
    assert {one.post("credits", sent).status_code for one in (course, other)} == {201}
    assert Activity.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"points": "1.6"}, "points", "Points come in quarter steps. Enter a number such as 1, 1.25, 1.5 or 1.75."),
        ({"points": "-1"}, "points", "“-1” is not a number of points. Write it like 2 or 1.5."),
        ({"points": True}, "points", 'Write it as a number such as 1.5, or as a text such as "1.5".'),
        ({"points": 10**30}, "points", "It is too large."),
        ({"points": "1e2"}, "points", "“1e2” is not a number of points. Write it like 2 or 1.5."),
        ({"points": "100"}, "points", "Points for one activity can be at most 99. Enter 99 or less."),
        ({"points": None}, "points", "Send either points or a quantity, and not both."),
        ({"quantity": "2"}, "points", "Send either points or a quantity, and not both."),
        ({"starts_on": "3/1/2026"}, "starts_on", "Write the day as YYYY-MM-DD, such as 2026-03-14."),
        ({"starts_on": "2026-02-30"}, "starts_on", "“2026-02-30” is not a day of the calendar."),
        ({"ends_on": "2026-02-01"}, "ends_on", "It is before Mar 1, 2026, the first day. Correct it."),
        ({"starts_on": "2026-03-15"}, "ends_on", "Mar 15, 2026 is in the future. Send the row once it is past."),
        ({"activity_type": "golf"}, "activity_type", "“golf” is not the code of an activity type. Write one of"),
        ({"last_name": None}, "last_name", "It is missing. Send it."),
        ({"last_name": " "}, "last_name", "It is empty, and every row needs it. Fill it in."),
        ({"amt_id": 7}, "amt_id", "Write it as text, in quotation marks."),
        ({"title": "x" * 201}, "title", "At most 200 characters can be stored. Shorten it."),
        ({"title": "a\0b"}, "title", "It holds a line break or control character (U+0000). Delete it."),
        ({"credential": "RMA"}, "credential", "There is no such field. Leave it out; the fields are reference, amt_id"),
        ({"title": "\ud83d"}, "title", "It holds half of a character, which cannot be stored. Send the whole"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(
    course: Course, new: Member, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = course.post("credits", credit(new, **changes))
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert fields_of(answer)[field].startswith(sentence), fields_of(answer)
    assert sentence in answer.json()["detail"]
    assert not Activity.objects.exists()
    assert not HeldCredit.objects.exists()


def test_a_sentence_is_english_whatever_language_the_program_asks_for(course: Course, new: Member) -> None:
    """Its people read the answers, and look the sentences up."""
    answer = course.post("credits", credit(new, points="1.6"), Accept_Language="es")
    assert "Points come in quarter steps" in answer.json()["detail"]


def test_signs_of_every_script_are_kept(course: Course, new: Member) -> None:
    course.post("credits", credit(new, title="Flebotomía 🩸 静脈"))
    assert Activity.objects.get().title == "Flebotomía 🩸 静脈"


# Bodies


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        ('{"points": NaN}', "application/json", 400),
        ('{"title": "a", "title": "b"}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"points": ' + "9" * 5000 + "}", "application/json", 400),
        ("{}", "text/plain", 415),
        ("reference=1", "application/x-www-form-urlencoded", 415),
        ('"' + "x" * 2**20 + '"', "application/json", 413),
        ('"' + "x" * 2**21 + '"', "application/json", 413),
        ("[]", "application/json", 422),
        ("null", "application/json", 422),
    ],
)
def test_a_body_that_is_no_credit_is_a_problem(course: Course, body: Any, kind: str, status: int) -> None:
    answer = course.post("credits", body, content_type=kind)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert problem["request_id"] == answer.headers["X-Request-ID"]


# Once


def test_the_same_credit_again_changes_nothing_and_tells_what_became_of_it(course: Course, new: Member) -> None:
    sent = credit(new)
    first, again = course.post("credits", sent), course.post("credits", sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Activity.objects.count() == Delivery.objects.count() == 1


def test_other_values_under_a_reference_are_a_conflict(course: Course, new: Member) -> None:
    sent = credit(new)
    course.post("credits", sent)
    answer = course.post("credits", {**sent, "points": "6"})
    assert answer.status_code == 409
    assert "was sent before with other values" in fields_of(answer)["reference"]
    assert Activity.objects.get().points == 5


def test_a_held_credit_that_staff_deleted_is_refused_until_other_values_come(course: Course, new: Member) -> None:
    sent = credit(new, last_name="Wrong")
    course.post("credits", sent)
    HeldCredit.objects.get().delete()
    again = course.post("credits", sent)
    assert (again.status_code, again.json()["status"]) == (200, "refused")
    corrected = course.post("credits", {**sent, "last_name": new.last_name})
    assert (corrected.status_code, corrected.json()["status"]) == (201, "recorded")


def test_the_same_request_under_a_key_gets_the_same_answer(course: Course, new: Member) -> None:
    sent = credit(new)
    first = course.post("credits", sent, Idempotency_Key="k-1")
    course.post("credits", credit(new, points="2"))
    again = course.post("credits", dict(reversed(sent.items())), Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_another_request_under_a_key_is_a_conflict(course: Course, new: Member) -> None:
    sent = credit(new)
    course.post("credits", sent, Idempotency_Key="k-1")
    for path, body in (("credits", {**sent, "title": "Other"}), ("credits/batch", {"credits": [sent]})):
        answer = course.post(path, body, Idempotency_Key="k-1")
        assert answer.status_code == 409
        assert "Idempotency-Key was used for another request" in answer.json()["detail"]
    assert Activity.objects.count() == 1


def test_a_key_is_of_one_course_system(course: Course, new: Member) -> None:
    course.post("credits", credit(new), Idempotency_Key="k-1")
    assert Course("credits:write").post("credits", credit(new), Idempotency_Key="k-1").status_code == 201


def test_a_refused_request_leaves_its_key_free(course: Course, new: Member) -> None:
    sent = credit(new)
    assert course.post("credits", {**sent, "points": "1.1"}, Idempotency_Key="k-1").status_code == 422
    assert course.post("credits", sent, Idempotency_Key="k-1").status_code == 201


def test_an_answer_is_kept_for_seven_days(course: Course, new: Member) -> None:
    course.post("credits", credit(new), Idempotency_Key="k-1")
    assert KeptAnswer.objects.get().until == chicago(2026, 3, 21)
    assert idempotency.forget(at=chicago(2026, 3, 21, 11)) == 0
    assert idempotency.forget(at=chicago(2026, 3, 21)) == 1


@pytest.mark.parametrize("key", ["x" * 256, "clé"])
def test_a_key_that_cannot_be_one_is_refused(course: Course, new: Member, key: str) -> None:
    assert course.post("credits", credit(new), Idempotency_Key=key).status_code == 422


# Batches


def test_each_row_of_a_batch_is_judged_by_itself(course: Course, new: Member) -> None:
    good, unknown, wrong = credit(new), credit(new, amt_id="999"), credit(new, points="0")
    answer = course.post("credits/batch", {"credits": [good, unknown, wrong, "no row", good]})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["recorded"], told["held"], told["refused"]) == (1, 1, 3)
    assert [row["status"] for row in told["results"]] == ["recorded", "held", "refused", "refused", "refused"]
    assert told["results"][3]["errors"][0]["sentence"] == "Send a JSON object with the fields, in curly brackets."
    assert told["results"][4]["errors"] == [
        {"field": "reference", "sentence": f"{good['reference']} is in row 1 already. Send each reference once."}
    ]


def test_a_batch_again_changes_nothing(course: Course, new: Member) -> None:
    rows = [credit(new, points="1") for _ in range(3)]
    first = course.post("credits/batch", {"credits": rows}).json()
    again = course.post("credits/batch", {"credits": rows}).json()
    assert [row["is_new"] for row in first["results"]] == [True] * 3
    assert [row["is_new"] for row in again["results"]] == [False] * 3
    assert [row["credit"] for row in first["results"]] == [row["credit"] for row in again["results"]]
    assert Activity.objects.count() == 3


@pytest.mark.parametrize(
    ("rows", "sentence"), [([], "Send at least one row."), ([{}] * 1001, "Send at most 1,000 rows at a time.")]
)
def test_a_batch_has_between_one_row_and_a_thousand(course: Course, rows: list[Any], sentence: str) -> None:
    assert fields_of(course.post("credits/batch", {"credits": rows})) == {"credits": sentence}


def test_what_became_of_a_credit_can_be_asked(course: Course, new: Member) -> None:
    sent = credit(new, reference="2026/7")
    course.post("credits", sent)
    assert course.get("credits/2026/7").json()["status"] == "recorded"
    assert Course("credits:write").get("credits/2026/7").status_code == 404


def test_a_batch_takes_the_same_queries_for_any_number_of_rows(course: Course, new: Member) -> None:
    def queries(rows: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            credits.take(key=course.key, rows=[credit(new, points="0.25") for _ in range(rows)], at=noon(TODAY))
        return len(captured)

    queries(1)
    assert queries(2) == queries(20)
