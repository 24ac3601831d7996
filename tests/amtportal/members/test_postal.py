"""What a postal address and a phone number may be."""

import pytest

from amtportal.members import postal

OAK = {
    "address_line1": "12 Oak Street",
    "address_line2": "",
    "city": "Rosemont",
    "state": "IL",
    "postal_code": "60018",
    "country": "",
}


def wrong(**changes: str) -> list[str]:
    """Return the fields of the address that are refused."""
    address = postal.tidied({**OAK, **changes})
    return [problem.field for problem in postal.problems_with_address(address)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"state": "il"}, {"state": "IL"}),
        ({"state": "illinois"}, {"state": "Illinois"}),
        ({"state": "d.c."}, {"state": "DC"}),
        ({"postal_code": "600184401"}, {"postal_code": "60018-4401"}),
        ({"postal_code": "60018 4401"}, {"postal_code": "60018-4401"}),
        ({"state": "on", "postal_code": "600184401", "country": "Canada"}, {"state": "on", "postal_code": "600184401"}),
    ],
)
def test_states_and_zip_codes_are_written_as_the_postal_service_has_them(
    typed: dict[str, str], kept: dict[str, str]
) -> None:
    assert postal.tidied({**OAK, **typed}) == {**OAK, **typed, **kept}


@pytest.mark.parametrize("country", ["", "US", "u.s.a.", "United States", "Estados Unidos", "UNITED STATES OF AMERICA"])
def test_the_state_and_the_zip_code_are_checked_in_the_united_states(country: str) -> None:
    assert wrong(country=country) == []
    assert wrong(country=country, state="Puerto Rico", postal_code="00901-1234") == []
    assert wrong(country=country, state="Ontario") == ["state"]
    assert wrong(country=country, state="") == ["state"]
    assert wrong(country=country, postal_code="6001") == ["postal_code"]
    assert wrong(country=country, postal_code="60018-44") == ["postal_code"]
    assert wrong(country=country, postal_code="") == ["postal_code"]


@pytest.mark.parametrize("country", ["México", "Canada", "日本", "United Kingdom"])
def test_nothing_but_the_line_and_the_city_is_needed_elsewhere(country: str) -> None:
    assert wrong(country=country, state="", postal_code="") == []
    assert wrong(country=country, state="Jal.", postal_code="SW1A 1AA") == []
    assert wrong(country=country, address_line1="", city="") == ["address_line1", "city"]


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("", ""),
        ("847-555-0134", ""),
        ("(847) 555-0134", "US"),
        ("1 847 555 0134", ""),
        ("+52 55 5555 0134", ""),
        ("847.555.0134 x12", ""),
        ("847-555-0134, ext. 12", ""),
        ("55 5555 0134", "México"),
        ("555-0134", "Belize"),
    ],
)
def test_phone_numbers_that_are_taken(phone: str, country: str) -> None:
    assert postal.problem_with_phone(phone, country=country) is None


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("555-0134", ""),
        ("2 847 555 0134", ""),
        ("123456", "Belize"),
        ("+1234567890123456", ""),
        ("call me", ""),
        ("847-555-0134 home", ""),
        ("x12", ""),
    ],
)
def test_phone_numbers_that_can_be_nobodys(phone: str, country: str) -> None:
    problem = postal.problem_with_phone(phone, country=country)
    assert problem
    assert problem.field == "phone"
