"""The Record CE page: what it understands of what people type, and what it says about the rest."""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from amtportal.members.models import Member
from ccp.models import Activity, Category
from ccp.recording import claims
from certifications.models import Certification, Credential, Cycle
from tests.support.builders import TODAY, client_of, cycle_of, make_activity_type, make_cycle, make_member, set_terms
from tests.support.pages import error_summary, form_values, read, record_ce, refused_ce, submit, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
ADDRESS = "/ccp/record/"


@pytest.fixture
def member() -> Member:
    """RMA in the last year of 5/1/2023 to 4/30/2026; nothing is recorded."""
    return make_cycle().certification.member


@pytest.fixture
def signed_in(member: Member) -> Client:
    return client_of(member)


def test_the_page_asks_for_what_the_programme_asks_for(signed_in: Client) -> None:
    page = read(signed_in.get(ADDRESS))
    assert words(page.title) == "Record CE – AMT Portal"
    labels = [words(label) for label in page.select("main form[method=post] label")]
    assert labels == [
        "Take a photo or choose a file",
        "What did you do?",
        "Title (optional)",
        "Provider (optional)",
        "How many",
        "Points earned",
        "When?",
        "Last day (optional)",
        "Files (optional)",
        claims.ATTESTATION,
    ]
    assert words(page.select_one("main form[method=post] button[type=submit]")) == "Submit"
    assert form_values(page)["submission_id"] != form_values(read(signed_in.get(ADDRESS)))["submission_id"]


def test_every_activity_type_is_offered_under_its_category(signed_in: Client) -> None:
    offered = {
        group["label"]: [option["value"] for option in group.select("option")]
        for group in read(signed_in.get(ADDRESS)).select("select optgroup")
    }
    categories = Category.objects.values_list("name", flat=True)
    assert list(offered) == [name for name in categories if name != "Employment Verification"]
    assert offered["Authorship of Written Works"] == [
        "written-work",
        "book-chapter",
        "journal-article",
        "abstract-or-poster",
    ]


def test_a_type_that_no_open_cycle_can_take_is_not_offered_and_the_page_says_why(signed_in: Client) -> None:
    """RMA began on 5/1/2023; lectures can be claimed from tomorrow on, and dental courses not for RMA."""
    set_terms("presentation", claimable_from=TODAY + timedelta(days=1))
    make_activity_type(name="Dental course").credentials.add(Credential.objects.get(code="RDA"))
    page = read(signed_in.get(ADDRESS))
    assert not page.select("option[value=employment], option[value=presentation], option[value=dental-course]")
    assert [words(reason).removeprefix("Not in the list: ") for reason in page.select("#kinds ul li")] == [
        "Dental course does not count for your certifications.",
        "Presentation or lecture given counts only for work done from Mar 15, 2026 on.",
        "Employment in the field counts only for work done up to Dec 31, 2020, before your CCP cycle began.",
    ]


def test_a_type_is_offered_as_long_as_one_cycle_has_a_day_for_it(signed_in: Client) -> None:
    set_terms("presentation", claimable_from=TODAY)
    set_terms("office-or-committee", claimable_until=date(2023, 5, 1))
    assert (
        len(read(signed_in.get(ADDRESS)).select("option[value=presentation], option[value=office-or-committee]")) == 2
    )


def test_whoever_can_still_claim_employment_is_offered_it(on_today: Any) -> None:
    """The cycle 6/1/2018 to 5/31/2021 reaches back to 2020."""
    on_today.move_to(f"{date(2021, 5, 31)}T12:00:00-05:00")
    member = make_cycle(awarded_on=date(2018, 6, 1), on=date(2021, 5, 31)).certification.member
    page = read(client_of(member).get(ADDRESS))
    assert page.select("option[value=employment]")
    assert "Not in the list" not in words(page.main)


@pytest.mark.parametrize(
    ("wrong", "summary"),
    [
        pytest.param(
            {"attested": None},
            {"id_attested": "Check the box to attest that the information is correct."},
            id="attestation not checked",
        ),
        pytest.param({"activity_type": ""}, {"id_activity_type": "Choose an activity type."}, id="no type"),
        pytest.param(
            {"activity_type": "sleeping"},
            {"id_activity_type": "Choose an activity type from the list."},
            id="other type",
        ),
        pytest.param(
            {"title": "x" * 201}, {"id_title": "Shorten the title to 200 characters; it has 201."}, id="long title"
        ),
        pytest.param(
            {"certifications": "999999"},
            {"": "Choose from your certifications with an open CCP cycle."},
            id="no such certification",
        ),
    ],
)
def test_whatever_else_is_wrong_has_its_sentence(
    signed_in: Client, wrong: dict[str, Any], summary: dict[str, str]
) -> None:
    assert refused_ce(signed_in, **wrong) == summary


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        pytest.param("activity_type", "Choose an activity type from the list.", id="activity type"),
        pytest.param("title", "The title has characters that cannot be printed. Type it again.", id="title"),
        pytest.param("points", "Enter the points as a number, for example 2 or 1.5.", id="points"),
        pytest.param("submission_id", "The form lost its number. Nothing was recorded; submit it again.", id="number"),
    ],
)
@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b"], ids=["NUL", "bell", "escape"])
def test_characters_that_nobody_types_are_refused(signed_in: Client, field: str, sentence: str, character: str) -> None:
    answer = record_ce(signed_in, **{field: f"a{character}b"})
    assert answer.status_code == 200
    # What was typed is kept on the page, so the page is not parsed strictly.
    summary = error_summary(BeautifulSoup(answer.text, "html5lib"))
    assert list(summary.values()) in ([sentence], ["Null characters are not allowed."])
    assert not Activity.objects.exists()


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u2060 \u00ad", "\u200e\u200f"])
def test_a_title_of_characters_that_nobody_sees_is_none(signed_in: Client, unseen: str) -> None:
    assert record_ce(signed_in, title=unseen, provider=unseen).status_code == 302
    stored = Activity.objects.get()
    assert (stored.title, stored.provider) == ("", "")


def test_what_nobody_sees_is_not_recorded(signed_in: Client) -> None:
    typed = {"title": "Safe\u00a0phle\u00adbotomy\u200b", "points": "\u200b２.5\u00a0", "starts_on": "3/1/2026\u200e"}
    assert record_ce(signed_in, **typed).status_code == 302
    stored = Activity.objects.get()
    assert (stored.title, stored.points, stored.starts_on) == ("Safe phlebotomy", Decimal("2.5"), date(2026, 3, 1))


def test_every_wrong_field_is_told_at_once(signed_in: Client) -> None:
    assert refused_ce(signed_in, activity_type="", points="one", starts_on="", attested=None).keys() == {
        "id_activity_type",
        "id_points",
        "id_starts_on",
        "id_attested",
    }


def test_an_error_page_says_so_links_to_the_fields_and_keeps_all_that_was_typed(signed_in: Client) -> None:
    typed = {
        "activity_type": "self-study",
        "title": "Blood <b>cultures</b>",
        "provider": "“ABC” & sons",
        "quantity": "some",
        "points": "one",
        "starts_on": "3/1/26",
        "ends_on": "soon",
        "attested": "on",
        "submission_id": str(uuid.uuid4()),
    }
    page = read(record_ce(signed_in, **typed))
    assert words(page.title).startswith("Error: ")
    assert {name: values[-1] for name, values in form_values(page).items()} == typed
    summary = page.select_one("main .error-summary")
    assert summary.has_attr("autofocus")
    assert summary["tabindex"] == "-1"
    for link in summary.select("a"):
        field = page.select_one(link["href"])
        assert field["aria-invalid"] == "true"
        described_by = [page.find(id=name) for name in field["aria-describedby"].split()]
        assert any(words(link) in words(description) for description in described_by)


def test_an_error_at_the_certifications_leads_to_the_first_box(two: Member) -> None:
    page = read(submit(client_of(two), ADDRESS, certifications=[""], points="one"))
    assert error_summary(page)["id_certifications_0"] == "Choose at least one certification."
    assert page.select_one("#id_certifications_0")["type"] == "checkbox"


def test_with_one_certification_there_is_no_box_to_tick_and_none_to_link_to(signed_in: Client) -> None:
    """If the field is empty or not sent, the only certification is meant.

    An error of it does not link to a field that the page does not have.
    """
    page = read(record_ce(signed_in, certifications="999999"))
    assert error_summary(page) == {"": "Choose from your certifications with an open CCP cycle."}
    assert not page.select("[name=certifications]")
    assert record_ce(signed_in, certifications="").status_code == 302


@pytest.mark.parametrize(
    "situation",
    [
        pytest.param({"status": "lapsed"}, id="lapsed certification"),
        pytest.param({"awarded_on": date(2022, 12, 1), "on": date(2025, 11, 1)}, id="grace period is over"),
    ],
)
def test_without_an_open_cycle_the_page_says_why_and_takes_nothing(situation: dict[str, Any]) -> None:
    """The award was on 12/1/2022.

    The cycle ended on 11/30/2025 and took records to 2/28/2026, 90 days later.
    """
    signed_in = client_of(make_cycle(**situation).certification.member)
    assert "You cannot record CE now" in words(read(signed_in.get(ADDRESS)).h1)
    record_ce(signed_in)
    assert not Activity.objects.exists()


def test_the_certification_asked_for_is_the_one_chosen(two: Member) -> None:
    rpt = cycle_of(two, "RPT").certification
    page = read(client_of(two).get(f"{ADDRESS}?certification={rpt.pk}"))
    assert form_values(page)["certifications"] == ["", str(rpt.pk)]


@pytest.mark.parametrize("asked", ["0", "99999999999999999999", "two", "-1", "1\x00"])
def test_a_certification_that_there_is_not_is_not_found(signed_in: Client, asked: str) -> None:
    assert signed_in.get(ADDRESS, {"certification": asked}).status_code == 404


def test_a_certification_of_another_member_is_not_found(signed_in: Client, stranger: Member) -> None:
    other = Certification.objects.get(member=stranger)
    assert signed_in.get(ADDRESS, {"certification": other.pk}).status_code == 404


def test_the_page_of_one_certification_that_is_closed_points_to_the_one_that_is_open() -> None:
    member = make_member()
    lapsed = make_cycle(member, credential="RPT", status="lapsed").certification
    open_one = make_cycle(member).certification
    page = read(client_of(member).get(ADDRESS, {"certification": lapsed.pk}))
    assert page.select_one(f'main a[href="{ADDRESS}?certification={open_one.pk}"]')


def test_cycles_of_two_certifications_are_both_named(two: Member) -> None:
    page = read(record_ce(client_of(two), starts_on=f"{TODAY + timedelta(days=1)}"))
    assert error_summary(page)["id_starts_on"].endswith(
        "Your CCP cycles: RMA: May 1, 2023 to Apr 30, 2026; RPT: Sep 15, 2024 to Sep 14, 2027."
    )
    assert Cycle.objects.filter(requirement_met_on=None).count() == 2
