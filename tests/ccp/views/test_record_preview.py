"""Preview on the Record CE page: what the entry would count for, before anything is recorded."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.http import HttpResponse
from django.test import Client

from amtportal.members.models import Member
from ccp.models import Activity
from ccp.recording import verbs as recording
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    make_activity,
    make_cycle,
    noon,
    set_category_terms,
    set_terms,
)
from tests.support.pages import error_summary, form_values, read, record_ce, submit, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]


@pytest.fixture
def member() -> Member:
    """RMA in the last year of 5/1/2023 to 4/30/2026; nothing is recorded."""
    return make_cycle().certification.member


@pytest.fixture
def signed_in(member: Member) -> Client:
    return client_of(member)


def preview(client: Client, **changes: Any) -> HttpResponse:
    return record_ce(client, preview="1", attested=None, **changes)


def rows(page: BeautifulSoup) -> list[str]:
    return [words(row) for row in page.select("#preview li[data-certification] .preview-total")]


def test_preview_is_a_second_button_and_enter_still_submits(signed_in: Client) -> None:
    """Enter presses the first button. The script takes out those that only matter without it."""
    page = read(signed_in.get("/ccp/record/"))
    buttons = page.select("main form[method=post] button[type=submit]")
    assert [words(button) for button in buttons] == ["Submit", "Read it", "Submit", "Preview"]
    assert not buttons[0].has_attr("name")
    for alone in page.select(".without-scripts"):
        alone.decompose()
    with_script = page.select("main form[method=post] button[type=submit]")
    assert [words(button) for button in with_script] == ["Submit", "Preview"]
    assert not with_script[0].has_attr("name")


def test_preview_records_nothing_and_keeps_all_that_was_typed(signed_in: Client) -> None:
    typed = {"title": "Blood cultures", "provider": "ABC College", "points": "2.5", "starts_on": "3/2/2026"}
    page = read(preview(signed_in, **typed))
    assert not Activity.objects.exists()
    assert error_summary(page) == {}
    kept = form_values(page)
    assert {name: kept[name] for name in typed} == {name: [value] for name, value in typed.items()}
    assert "Nothing is recorded yet." in words(page.select_one("#preview"))


def test_the_form_of_a_preview_then_records_once(signed_in: Client) -> None:
    values = form_values(read(preview(signed_in, quantity="3", points=""))) | {"attested": "on"}
    assert signed_in.post("/ccp/record/", values).status_code == 302
    assert signed_in.post("/ccp/record/", values).status_code == 302
    assert Activity.objects.get().points == Decimal(3)


def test_preview_says_what_counts_the_new_total_and_what_is_to_go(signed_in: Client) -> None:
    """1.5 of 30 count, so 28.5 are still needed."""
    page = read(preview(signed_in))
    assert rows(page) == ["RMA 0 → becomes 1.5 of 30"]
    assert "28.5 points to go: the renewal invoice of year 3 stays locked." in words(page.select_one("#preview"))


def test_preview_says_when_the_invoice_would_open(short: Member) -> None:
    """22 of 24 count.

    The missing 2, recorded on 3/14, open the invoice on 3/15.
    """
    page = read(preview(client_of(short), points="2", starts_on="3/2/2026"))
    assert rows(page) == ["RPT 22 → becomes 24 of 24"]
    assert "This meets your CCP requirement: the renewal invoice of year 3 would open on Mar 15, 2026." in words(
        page.main
    )


def test_preview_says_why_less_counts(member: Member, signed_in: Client) -> None:
    """12 of 15 are used, so 3 of 5 count."""
    set_terms("course-seminar-webinar", cap=Decimal(15))
    make_activity(cycle_of(member), points="12", starts_on=date(2026, 2, 1))
    page = read(preview(signed_in, points="5"))
    assert rows(page) == ["RMA 12 → becomes 15 of 30"]
    assert "3 of 5 would count." in words(page.select_one("#preview"))
    assert "Over the most that this activity type can count for in one cycle. 12 of 15 used in this cycle." in words(
        page.main
    )


def test_preview_has_a_row_for_each_open_cycle_that_covers_the_days(two: Member) -> None:
    """4 points of 3/1/2026 count for both.

    RPT began on 9/15/2024 and has no row for an earlier day.
    """
    rma = cycle_of(two).certification_id
    page = read(preview(client_of(two), points="2", starts_on="3/2/2026", certifications=["", str(rma)]))
    assert rows(page) == ["RMA 4 → becomes 6 of 30", "RPT 4 → becomes 6 of 24"]
    [not_chosen] = [words(row) for row in page.select("#preview li") if "Not chosen." in words(row)]
    assert not_chosen.startswith("RPT")
    page = read(preview(client_of(two), points="2", starts_on="9/14/2024"))
    assert rows(page) == ["RMA 4 → becomes 6 of 30"]


def test_preview_speaks_of_a_choice_only_where_there_is_one(two: Member, signed_in: Client) -> None:
    """With one certification the form has no boxes to choose from."""
    rma = cycle_of(two).certification_id
    assert "Not chosen." in words(read(preview(client_of(two), certifications=["", str(rma)])).select_one("#preview"))
    assert "chosen" not in words(read(preview(signed_in)).select_one("#preview"))


def test_amending_an_entry_of_another_certification_speaks_of_no_box(member: Member, signed_in: Client) -> None:
    entry = make_activity(cycle_of(member))
    entry.credits.update(cut="unclaimed", points=0)
    page = read(submit(signed_in, f"/ccp/activities/{entry.pk}/amend/", preview="1"))
    assert "The entry is not recorded for this certification." in words(page.select_one("#preview"))
    assert "Choose it" not in words(page.select_one("#preview"))


def test_each_certification_has_its_own_caps(two: Member) -> None:
    """Both have used 4 of a cap of 5, and RMA alone gets 0.5 more.

    0.5 and 1 are left.
    """
    set_terms("course-seminar-webinar", cap=Decimal(5))
    make_activity(cycle_of(two), points="0.5")
    page = read(preview(client_of(two), points="2", starts_on="3/2/2026"))
    assert rows(page) == ["RMA 4.5 → becomes 5 of 30", "RPT 4 → becomes 5 of 24"]


def test_what_is_wrong_is_told_and_nothing_is_previewed(signed_in: Client) -> None:
    page = read(preview(signed_in, points="1.1", starts_on="5/1/2026"))
    assert error_summary(page).keys() == {"id_points", "id_starts_on"}
    assert not page.select("#preview")


def test_submit_still_needs_the_attestation(signed_in: Client) -> None:
    page = read(record_ce(signed_in, attested=None))
    assert error_summary(page) == {"id_attested": "Check the box to attest that the information is correct."}


def test_preview_tells_of_an_entry_that_looks_like_it(member: Member, signed_in: Client) -> None:
    earlier = make_activity(cycle_of(member), title="Hematology")
    page = read(preview(signed_in))
    assert f"This looks like {earlier.reference}" in words(page.select_one("#preview"))
    assert page.select_one(f"#preview a[href='/ccp/activities/{earlier.pk}/']")


def test_preview_of_an_amendment_changes_nothing(member: Member, signed_in: Client) -> None:
    """12 + 5 = 17. The 12 become 4, and 4 + 5 = 9."""
    first = make_activity(cycle_of(member), points="12", starts_on=date(2026, 3, 2))
    make_activity(cycle_of(member), points="5")
    page = read(submit(signed_in, f"/ccp/activities/{first.pk}/amend/", points="4", preview="1"))
    assert rows(page) == ["RMA 17 → becomes 9 of 30"]
    assert "Nothing is changed yet." in words(page.main)
    first.refresh_from_db()
    assert (first.points, first.revision) == (Decimal(12), 1)


# Caps on the form


def caps(client: Client) -> list[str]:
    return [words(line) for line in read(client.get("/ccp/record/")).select(".caps li")]


def test_the_form_says_how_much_of_each_cap_is_used(two: Member) -> None:
    assert caps(client_of(two)) == []
    set_terms("course-seminar-webinar", cap=Decimal(15))
    set_category_terms("professional-education", cap=Decimal(20))
    make_activity(cycle_of(two), points="8", starts_on=date(2026, 3, 2))
    assert caps(client_of(two)) == [
        "Professional Education: 12 of 20 used in this cycle",
        "Course, seminar or webinar: 12 of 15 used in this cycle",
        "Professional Education: 4 of 20 used in this cycle",
        "Course, seminar or webinar: 4 of 15 used in this cycle",
    ]


def test_withdrawing_frees_the_room_for_the_others(member: Member, signed_in: Client) -> None:
    """The cap is 10: 8 count, and 2 of 5.

    Without the 8 all 5 count, and 5 of 10 are used.
    """
    set_terms("course-seminar-webinar", cap=Decimal(10))
    first = make_activity(cycle_of(member), points="8", starts_on=date(2026, 3, 1))
    second = make_activity(cycle_of(member), points="5", starts_on=date(2026, 3, 2))
    assert (second.credits.get().points, second.credits.get().cut) == (Decimal(2), "type-cap")
    recording.withdraw(activity=first, by=member.user, at=noon(TODAY))
    assert (second.credits.get().points, second.credits.get().cut) == (Decimal(5), "")
    assert caps(signed_in) == ["Course, seminar or webinar: 5 of 10 used in this cycle"]


def test_terms_that_are_narrowed_afterwards_cut_by_the_window(member: Member) -> None:
    """Staff correct the first terms: work of 3/1/2026 could not be claimed.

    The next change makes the cycle count again.
    """
    first = make_activity(cycle_of(member), points="8", starts_on=date(2026, 3, 1))
    set_terms("course-seminar-webinar", claimable_from=date(2026, 3, 2))
    make_activity(cycle_of(member), points="1", starts_on=date(2026, 3, 2))
    assert (first.credits.get().points, first.credits.get().cut) == (Decimal(0), "window")
    page = read(client_of(member).get(f"/ccp/activities/{first.pk}/"))
    assert "Outside the days in which this activity type can be claimed." in words(page.main)
