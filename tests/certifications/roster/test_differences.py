"""The roster does not set back what a member or staff changed; what is new in it waits for staff."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from amtportal.members import details
from amtportal.members.models import Member, RosterDifference
from certifications.models import Certification, WaitingRow
from certifications.roster import changes
from tests.support.builders import TODAY, client_of, make_user, noon
from tests.support.rosters import load_roster
from tests.support.staff import make_clerk, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

ADA = {
    "amt_id": "1001",
    "email": "ada@example.org",
    "first_name": "Ada",
    "last_name": "Lane",
    "credential": "RMA",
    "certificate_number": "A-1",
    "awarded_on": "2023-05-01",
    "phone": "847-555-0100",
    "address_line1": "12 Oak Street",
    "address_line2": "",
    "city": "Rosemont",
    "state": "IL",
    "postal_code": "60018",
    "country": "",
}
BOB = {**ADA, "amt_id": "1002", "email": "bob@example.org", "first_name": "Bob", "certificate_number": "A-2"}
MOVED = {"address_line1": "9 Elm Avenue", "postal_code": "60601", "city": "Chicago"}


@pytest.fixture
def ada() -> Member:
    """Return a member from the roster, who then moved and has another phone number."""
    load_roster(ADA)
    member = Member.objects.get()
    changed(member, **MOVED, phone="847-555-0199")
    return member


def changed(member: Member, **values: str) -> None:
    details.write(member, values, by=member.user, at=noon(TODAY), reason="Moved.")


def waiting() -> dict[str, str]:
    """Return what waits for staff, with what the roster says of it."""
    rows = RosterDifference.objects.filter(waits_since__isnull=False)
    return {row.detail: details.in_one_line(row.roster_says) for row in rows}


def everything() -> list[Any]:
    models = (Member.objects, Member.history, RosterDifference.objects, RosterDifference.history)
    return [list(manager.order_by("pk").values()) for manager in models]


def test_the_same_roster_sets_nothing_back(ada: Member) -> None:
    before = everything()
    resource, result = load_roster(ADA, BOB)
    assert (result.totals["update"], result.totals["skip"], resource.differing) == (0, 1, [])
    ada.refresh_from_db()
    assert (ada.address_line1, ada.phone) == ("9 Elm Avenue", "847-555-0199")
    load_roster(ADA)
    assert everything()[2:] == before[2:]


def test_what_nobody_changed_follows_the_roster(ada: Member) -> None:
    load_roster({**ADA, "last_name": "Lovelace"})
    ada.refresh_from_db()
    assert (ada.last_name, ada.city) == ("Lovelace", "Chicago")
    assert waiting() == {}


def test_something_new_waits_for_staff_and_nothing_is_overwritten(ada: Member) -> None:
    new = {**ADA, "address_line1": "1 Ash Road", "city": "Aurora", "postal_code": "60505"}
    resource, result = load_roster(new, file_name="march.csv")
    assert result.totals["skip"] == 1
    (note,) = resource.differing
    assert (note.line, note.column) == (2, "address_line1")
    assert "the roster has “1 Ash Road, Aurora, IL, 60505”" in note.sentence
    assert "“9 Elm Avenue, Chicago, IL, 60601”, which the member changed on Mar 14, 2026" in note.sentence
    assert "1 detail differs from the record and waits for staff." in resource.for_staff()
    ada.refresh_from_db()
    assert ada.address_line1 == "9 Elm Avenue"
    assert waiting() == {"address": "1 Ash Road, Aurora, IL, 60505"}
    assert RosterDifference.objects.get(detail="address").file_name == "march.csv"


def test_each_roster_tells_of_it_until_staff_have_decided(ada: Member) -> None:
    new = {**ADA, "phone": "312-555-0100"}
    load_roster(new)
    before = everything()
    assert len(load_roster(new)[0].differing) == 1
    assert everything() == before
    difference = RosterDifference.objects.get(detail="phone")
    details.keep_record(difference=difference, reason="Ada said so.", by=make_user(), at=noon(TODAY))
    assert load_roster(new)[0].differing == []
    ada.refresh_from_db()
    assert ada.phone == "847-555-0199"


def test_what_somebody_decided_against_is_not_new_when_it_comes_again(ada: Member) -> None:
    """The roster says 0100, which Ada changed to 0199; then 0101, which is new; then 0100 again, which is not."""
    new = {**ADA, "phone": "312-555-0101"}
    assert len(load_roster(new)[0].differing) == 1
    assert load_roster(ADA)[0].differing == []
    assert waiting() == {}
    assert len(load_roster(new)[0].differing) == 1, "nobody has decided about it"
    difference = RosterDifference.objects.get(detail="phone")
    details.keep_record(difference=difference, reason="Ada said so.", by=make_user(), at=noon(TODAY))
    for phone in ("847-555-0100", "(312) 555 0101", "312-555-0101"):
        assert load_roster({**ADA, "phone": phone})[0].differing == []
    assert len(load_roster({**ADA, "phone": "312-555-0102"})[0].differing) == 1
    ada.refresh_from_db()
    assert ada.phone == "847-555-0199"


def test_a_later_change_decides_against_what_waits(ada: Member) -> None:
    load_roster(new := {**ADA, "phone": "312-555-0101"})
    changed(ada, phone="847-555-0177")
    for row in (ADA, new, ADA):
        assert load_roster(row)[0].differing == []


def test_what_differs_since_an_earlier_release_is_known_as_before(ada: Member) -> None:
    """There, only the last text of the roster was kept: while nobody is asked, it is no news."""
    assert set(RosterDifference.objects.values_list("detail", "waits_since")) == {("phone", None), ("address", None)}
    RosterDifference.objects.update(decided_against=[])
    load_roster({**ADA, "phone": "312-555-0101"})
    assert load_roster(ADA)[0].differing == []


def test_as_many_texts_are_remembered_as_anybody_needs(ada: Member) -> None:
    for number in range(details.MOST_DECIDED + 5):
        load_roster({**ADA, "phone": f"312-555-01{number:02}"})
        difference = RosterDifference.objects.get(detail="phone")
        details.keep_record(difference=difference, reason="No.", by=ada.user, at=noon(TODAY))
    known = RosterDifference.objects.get(detail="phone").decided_against
    assert len(known) == details.MOST_DECIDED
    assert known[-1] == {"phone": "312-555-0124"}


def test_a_roster_that_says_what_is_on_record_settles_the_difference(ada: Member) -> None:
    load_roster({**ADA, "phone": "312-555-0100"})
    load_roster({**ADA, "phone": "847-555-0199"})
    phone = RosterDifference.objects.get(detail="phone")
    assert phone.settled_at
    load_roster({**ADA, "phone": "312-555-0111"})
    ada.refresh_from_db()
    assert ada.phone == "312-555-0111"


def test_another_spelling_of_what_is_on_record_is_no_conflict(ada: Member) -> None:
    resource, _ = load_roster({**ADA, "phone": "(847) 555 0199", "address_line1": "12 OAK STREET"})
    assert (resource.differing, waiting()) == ([], {})
    ada.refresh_from_db()
    assert (ada.phone, ada.address_line1) == ("847-555-0199", "9 Elm Avenue")


def test_a_file_without_the_columns_says_nothing_of_them(ada: Member) -> None:
    short = {column: ADA[column] for column in list(ADA)[:7]}
    assert load_roster(short)[0].differing == []
    assert waiting() == {}


def test_a_change_that_looks_like_a_spreadsheets_stops_no_roster() -> None:
    """The roster is compared with what it said before, not with what the member made of it."""
    load_roster({**ADA, "phone": "8475550100"})
    changed(Member.objects.get(), phone="+8475550100")
    resource, result = load_roster({**ADA, "phone": "8475550100"})
    assert (resource.problems, result.totals["skip"]) == ([], 1)


def test_a_rekeyed_member_is_known_by_the_name_that_the_roster_has(ada: Member) -> None:
    changed(ada, last_name="Lovelace")
    load_roster({**ADA, "amt_id": "9001", "email": "new@example.org"})
    assert WaitingRow.objects.get().cause == "re-keyed"


def test_the_preview_shows_what_differs(ada: Member, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    desk = client_of(make_clerk("view_certification", "import_roster"))
    new = {**ADA, "phone": "312-555-0100"}
    content = "\n".join([",".join(new), ",".join(new.values())]).encode()
    file = SimpleUploadedFile("roster.csv", content)
    shown = desk.post(page(Certification, "import"), {"import_file": file, "format": "0", "resource": "0"}).text
    assert "Changed on record, and new in the roster" in shown
    assert "the roster has “312-555-0100”" in shown
    assert waiting() == {}


def test_who_is_changed_while_the_roster_is_written_stops_it(ada: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    write_changes = changes.write_changes

    def meanwhile(*args: Any, **kwargs: Any) -> None:
        changed(Member.objects.get(), last_name="Byron")
        write_changes(*args, **kwargs)

    monkeypatch.setattr(changes, "write_changes", meanwhile)
    _, result = load_roster({**ADA, "last_name": "Lovelace"})
    assert "Somebody added or changed a member" in str(result.base_errors[0].error)


def test_the_differences_of_a_roster_take_one_query_for_each_chunk(
    ada: Member, django_assert_max_num_queries: Any
) -> None:
    def cost(*rows: dict[str, str]) -> int:
        with django_assert_max_num_queries(100) as asked:
            load_roster(*rows, dry_run=True)
        return len(asked)

    many = [{**BOB, "amt_id": str(n), "email": f"{n}@example.org", "certificate_number": str(n)} for n in range(50)]
    assert cost(ADA, *many) == cost(ADA, BOB)
