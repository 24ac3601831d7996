"""What the Record CE page takes from earlier entries.

These are another entry like this one, and the providers used before.
"""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from amtportal.members.models import Member
from ccp.models import Activity, ActivityType
from tests.support.builders import TODAY, chicago, client_of, cycle_of, make_activity, make_cycle
from tests.support.pages import form_values, read, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
ADDRESS = "/ccp/record/"


@pytest.fixture
def member() -> Member:
    return make_cycle().certification.member


@pytest.fixture
def signed_in(member: Member) -> Client:
    return client_of(member)


@pytest.fixture
def entry(member: Member) -> Activity:
    """3 contact hours of a journal club on 3/1/2026."""
    return make_activity(
        cycle_of(member), kind="self-study", title="Journal club", provider="ABC", points="3", quantity=Decimal(3)
    )


def test_the_page_of_an_entry_leads_to_another_like_it(signed_in: Client, entry: Activity) -> None:
    page = read(signed_in.get(f"/ccp/activities/{entry.pk}/"))
    assert page.select_one(f'main a[href="{ADDRESS}?like={entry.pk}"]').get_text() == "Record another like this"


def test_what_is_the_same_the_next_time_is_filled_in_and_nothing_else(signed_in: Client, entry: Activity) -> None:
    values = form_values(read(signed_in.get(ADDRESS, {"like": entry.pk})))
    assert values.pop("submission_id") != [str(entry.submission_id)]
    assert values == {
        "activity_type": ["self-study"],
        "title": ["Journal club"],
        "provider": ["ABC"],
        "quantity": ["3"],
        "points": [""],
        "starts_on": [""],
        "ends_on": [""],
    }


def test_points_that_were_given_directly_are_filled_in(signed_in: Client, member: Member) -> None:
    entry = make_activity(cycle_of(member), points="1.5")
    values = form_values(read(signed_in.get(ADDRESS, {"like": entry.pk})))
    assert (values["points"], values["quantity"]) == (["1.5"], [""])


def test_another_like_it_is_recorded_with_a_date_and_the_attestation(signed_in: Client, entry: Activity) -> None:
    answer = submit(signed_in, f"{ADDRESS}?like={entry.pk}", starts_on="3/8/2026", attested="on")
    assert answer.status_code == 302
    later = Activity.objects.exclude(pk=entry.pk).get()
    assert (later.title, later.provider, later.points) == ("Journal club", "ABC", Decimal(3))
    assert (later.starts_on, later.ends_on) == (date(2026, 3, 8), date(2026, 3, 8))


def test_without_the_attestation_another_like_it_is_not_recorded(signed_in: Client, entry: Activity) -> None:
    assert submit(signed_in, f"{ADDRESS}?like={entry.pk}", starts_on="Mar 8, 2026").status_code == 200
    assert Activity.objects.get() == entry


def test_a_type_that_was_retired_meanwhile_is_left_to_choose(signed_in: Client, entry: Activity) -> None:
    ActivityType.objects.filter(code="self-study").update(retired_on=TODAY)
    values = form_values(read(signed_in.get(ADDRESS, {"like": entry.pk})))
    assert (values["activity_type"], values["title"]) == ([""], ["Journal club"])


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_entry_of_another_member_is_not_found(stranger: Member, entry: Activity, method: str) -> None:
    assert getattr(client_of(stranger), method)(f"{ADDRESS}?like={entry.pk}").status_code == 404


@pytest.mark.parametrize("asked", ["0", "99999999999999999999", "two", "-1", "1\x00"])
def test_an_entry_that_there_is_not_is_not_found(signed_in: Client, asked: str) -> None:
    assert signed_in.get(ADDRESS, {"like": asked}).status_code == 404


# Earlier providers


def offered(client: Client) -> list[str]:
    page = read(client.get(ADDRESS))
    assert page.select_one("input[name=provider]")["list"] == "providers"
    return [option["value"] for option in page.select("datalist#providers option")]


def test_earlier_providers_are_offered_the_last_first_and_each_once(signed_in: Client, member: Member) -> None:
    for minute, provider in enumerate(["ABC College", "AMT", "ABC College", ""]):
        at = chicago(2026, 3, 13, 9, minute)
        make_activity(cycle_of(member), points="1", provider=provider, at=at)
    assert offered(signed_in) == ["ABC College", "AMT"]


def test_providers_of_another_member_are_not_offered(signed_in: Client, stranger: Member) -> None:
    make_activity(cycle_of(stranger), provider="Secret school")
    assert offered(signed_in) == []


def test_at_most_twenty_providers_are_offered(signed_in: Client, member: Member) -> None:
    for minute in range(21):
        at = chicago(2026, 3, 13, 9, minute)
        make_activity(cycle_of(member), points="1", provider=f"School {minute}", at=at)
    assert offered(signed_in) == [f"School {number}" for number in range(20, 0, -1)]
