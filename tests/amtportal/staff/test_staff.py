"""What the admin pages share: amounts in dollars, record numbers, counting to a bound."""

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from amtportal.members.models import Member
from amtportal.staff import changelists
from amtportal.staff.changelists import BoundedPaginator, TooMany, keys_in
from amtportal.staff.forms import DollarsField
from amtportal.staff.pages import numbered
from tests.support.builders import client_of, make_member, make_user


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        pytest.param("90", 9000, id="whole"),
        pytest.param("90.00", 9000, id="cents"),
        pytest.param("$90", 9000, id="sign"),
        pytest.param(" $ 90.5 ", 9050, id="one-digit-and-spaces"),
        pytest.param("1,090.07", 109007, id="thousands"),
        pytest.param("0.29", 29, id="what-a-float-cannot-hold"),
        pytest.param("1000000", 100_000_000, id="the-most"),
        pytest.param("", None, id="empty"),
    ],
)
def test_dollars_are_read_as_cents(typed: str, cents: int | None) -> None:
    assert DollarsField(required=False).clean(typed) == cents


@pytest.mark.parametrize(
    "typed", ["ninety", "-90", "90.005", "90,5", "1,09", "1e3", "٩٠", "90 USD", ".", "1000000.01", "9" * 30]
)
def test_other_amounts_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        DollarsField().clean(typed)


def test_cents_are_shown_as_dollars() -> None:
    assert DollarsField().prepare_value(9050) == "90.50"


def test_what_was_typed_is_shown_again() -> None:
    assert DollarsField().prepare_value("ninety") == "ninety"


@pytest.mark.parametrize(
    ("prefix", "words", "key"),
    [
        pytest.param("INV", "INV-0000012", 12, id="as-printed"),
        pytest.param("INV", "inv12", 12, id="as-typed"),
        pytest.param("CE", "ce-0000012 ", 12, id="with-a-space"),
        pytest.param("CE", "INV-0000012", None, id="number-of-something-else"),
        pytest.param("CE", "0000012", None, id="may-be-an-amt-id"),
        pytest.param("CE", "CE-" + "9" * 30, None, id="no-key-is-so-long"),
        pytest.param("", "12", None, id="record-without-numbers"),
    ],
)
def test_number_of_a_record_gives_its_key(prefix: str, words: str, key: int | None) -> None:
    assert numbered(prefix, words) == key


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("bound", "count", "is_cut"),
    [
        pytest.param(4, 3, False, id="below"),
        pytest.param(3, 3, False, id="at-the-bound"),
        pytest.param(2, 2, True, id="above"),
    ],
)
def test_rows_are_counted_to_the_bound(monkeypatch: pytest.MonkeyPatch, bound: int, count: int, is_cut: bool) -> None:
    monkeypatch.setattr(changelists, "BOUND", bound)
    for _ in range(3):
        make_member()
    paginator: Paginator[Member] = BoundedPaginator(Member.objects.all(), 1)
    with CaptureQueriesContext(connection) as captured:
        assert (paginator.count, paginator.is_cut) == (count, is_cut)  # type: ignore[attr-defined]
    assert len(captured) == 1
    assert f"LIMIT {bound + 1}" in captured[0]["sql"]
    assert paginator.num_pages == count


@pytest.mark.django_db
def test_search_is_given_up_past_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [make_member(last_name="Found").pk for _ in range(2)]
    keys = Member.objects.found_by("found").order_by("pk").values_list("pk", flat=True)
    monkeypatch.setattr(changelists, "BOUND", 2)
    assert keys_in(keys) == found
    monkeypatch.setattr(changelists, "BOUND", 1)
    with pytest.raises(TooMany):
        keys_in(keys)
    monkeypatch.setattr(changelists, "BOUND", 2)
    with pytest.raises(TooMany, match="1"):
        keys_in(keys, most=1)


# Records that are not there

NO_KEYS = ["not-a-number", "0", "9" * 30, "1.5", "é"]
RECORD_PAGES = sorted(
    reverse(f"admin:{url.name}", args=["KEY", *[1] * (len(url.pattern.converters) - 1)])
    for model_admin in admin.site._registry.values()
    for url in model_admin.get_urls()
    if url.name and "object_id" in url.pattern.converters
)


def test_every_page_of_a_record_is_among_them() -> None:
    assert len(RECORD_PAGES) > 3 * len(admin.site._registry)


@pytest.mark.django_db
@pytest.mark.parametrize("address", RECORD_PAGES)
def test_a_record_that_is_not_there_is_not_found(address: str) -> None:
    """Whatever stands for its key. What nobody may do, such as deleting, is refused before anybody looks."""
    client = client_of(make_user(is_staff=True, is_superuser=True))
    for key in NO_KEYS:
        there = address.replace("KEY", key)
        assert client.get(there).status_code in ([403, 404] if there.endswith("/delete/") else [404]), there
        assert client.post(there).status_code in (403, 404), there
