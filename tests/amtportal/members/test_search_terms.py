"""By what members are found: as they are spelled on the phone."""

import random
from importlib import import_module
from itertools import chain, combinations
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.members import amt_ids
from amtportal.members.models import Member, SearchTerm
from amtportal.members.names import folded, sound
from amtportal.members.search_terms import can_be_paired, digits_of, paired, terms_of, typed_words
from tests.support.builders import TODAY, make_member, make_user, noon


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Núñez", "nunez"),
        ("MUÑOZ", "munoz"),
        ("O’Brien", "obrien"),
        ("O'Brien", "obrien"),
        ("Castillo-Núñez", "castillo nunez"),
        ("Søren", "soren"),
        ("Łukasz", "lukasz"),
        ("Straße", "strasse"),
        ("Nguyễn", "nguyen"),
        ("ÖZGÜR IŞIK", "ozgur isik"),
        ("Σίσυφος", "σισυφοσ"),
        ("김서연", "김서연"),
        ("健太", "健太"),
        ("—", ""),
    ],
)
def test_a_name_is_folded(name: str, form: str) -> None:
    assert folded(name) == form


def test_a_phone_number_is_found_by_any_part() -> None:
    terms = terms_of(names=(), amt_ids=(), phone="+1 (312) 555-0142")
    assert {"3125550142", "5550142", "142"} <= terms
    assert "42" not in terms
    assert digits_of("312.555.0142") == "3125550142"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Brooks, Mahalia", [["brooks"], ["mahalia"]]),
        ("(312) 555", [["312555"]]),
        ("555-01", [["55501"]]),
        ("Brooks 555-01", [["brooks"], ["555", "01"]]),
        (" , ", []),
    ],
)
def test_what_is_typed_is_read_as_words(typed: str, words: list[list[str]]) -> None:
    assert typed_words(typed) == words


def make_person(**fields: Any) -> Member:
    return make_member(
        **{
            "first_name": "Noemí Mahalia",
            "last_name": "Castillo-Núñez",
            "amt_id": "0042017",
            "phone": "+1 (312) 555-0142",
            "user": make_user(email="noemi.n@home.example"),
            **fields,
        }
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        pytest.param("Nunez", True, id="without the accents"),
        pytest.param("NÚÑEZ", True, id="in capitals"),
        pytest.param("Castillo-Nunez", True, id="hyphenated"),
        pytest.param("castillonunez", True, id="written together"),
        pytest.param("castillo nunez, noemi", True, id="last name first, with a comma"),
        pytest.param("Nunez Mahalia", True, id="the second words of both names"),
        pytest.param("mahalia noe", True, id="the first names in any order"),
        pytest.param("(312) 555", True, id="area code and exchange"),
        pytest.param("555-01", True, id="a part in the middle"),
        pytest.param("0142", True, id="the last four digits"),
        pytest.param("1-312-555-0142", True, id="the whole number"),
        pytest.param("nunez 555-01", True, id="name and number"),
        pytest.param("noemi.n@HOME", True, id="the address"),
        pytest.param("0042", True, id="the start of the AMT ID"),
        pytest.param("312-666", False, id="another number"),
        pytest.param("unez", False, id="the middle of a name"),
        pytest.param("nunez brooks", False, id="one word fits, the other does not"),
        pytest.param("%", False, id="a sign that means anything to the database"),
        pytest.param("…", False, id="nothing that is a word"),
    ],
)
def test_a_member_is_found(words: str, is_found: bool) -> None:
    member = make_person()
    assert (member in Member.objects.found_by(words)) is is_found


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["O'Brien", "O’Brien", "OBrien", "o brien", "Brien"])
@pytest.mark.parametrize("stored", ["O'Brien", "O’Brien"])
def test_an_apostrophe_is_found_straight_curly_and_left_out(stored: str, typed: str) -> None:
    member = make_person(last_name=stored)
    assert list(Member.objects.found_by(typed)) == [member]


@pytest.mark.django_db
def test_terms_follow_every_way_of_writing() -> None:
    member = make_person()
    kept = set(SearchTerm.objects.values_list("pk", flat=True))
    member.last_name, member.phone = "Brooks", ""
    member.save(update_fields=["last_name", "phone"])
    terms = dict(SearchTerm.objects.values_list("pk", "term"))
    of_today = {"brooks", "noemi", "mahalia", "noemimahalia", "0042017"}
    before = {"castillo", "nunez", "castillonunez"}
    assert {term for term in terms.values() if term[0].isalnum()} == of_today | before
    assert {term for term in terms.values() if term[0] == "~"} == {"~brks~", "~nm~", "~ml~", "~kstl~", "~nns~"}
    pairs = {paired(one, other) for one, other in combinations(sorted((of_today | before) - {"0042017"}), 2)}
    beginning = {paired("noemi", "noemimahalia"), paired("castillo", "castillonunez")}
    assert {term for term in terms.values() if term[0] == " "} == pairs - beginning
    assert all("b" in term for pk, term in terms.items() if pk not in kept), "what stays is not written again"
    member.last_name = "Muñoz"
    Member.objects.bulk_update([member], ["last_name"])
    assert list(Member.objects.found_by("MUNOZ")) == [member]
    other = Member.objects.bulk_create([Member(amt_id="9", first_name="Ada", user=make_user())])
    assert list(Member.objects.found_by("ada")) == other


@pytest.mark.django_db
def test_a_member_is_found_by_a_former_name() -> None:
    member = make_person()
    member.last_name = "Brooks"
    member.save(update_fields=["last_name"])
    assert list(Member.objects.found_by("nunez")) == list(Member.objects.found_by("brooks")) == [member]
    member.phone = "847-555-0134"
    member.save()
    assert list(Member.objects.found_by("mahalia nunez")) == [member]


@pytest.mark.django_db
def test_the_migration_finds_members_on_record_by_sound_and_former_name() -> None:
    name = "amtportal.members.migrations.0023_members_are_found_by_sound_and_former_name"
    member = make_person()
    make_member(first_name="Ada", last_name="Lane")
    member.last_name = "Brooks"
    member.save()
    wanted = set(SearchTerm.objects.values_list("member", "term"))
    SearchTerm.objects.filter(term__startswith="~").delete()
    SearchTerm.objects.filter(member=member, term__in={"castillo", "nunez", "castillonunez"}).delete()
    import_module(name).fill(apps, None)
    assert set(SearchTerm.objects.values_list("member", "term")) == wanted
    assert SearchTerm.objects.count() == len(wanted)


@pytest.mark.django_db
def test_the_migration_pairs_former_and_present_names() -> None:
    name = "amtportal.members.migrations.0028_former_and_present_names_are_paired"
    member = make_person()
    make_member(first_name="Ada", last_name="Lane")
    member.last_name = "Brooks"
    member.save()
    wanted = set(SearchTerm.objects.values_list("member", "term"))
    SearchTerm.objects.filter(term=paired("brooks", "nunez")).delete()
    assert not Member.objects.found_by("brooks nunez")
    import_module(name).fill(apps, None)
    assert list(Member.objects.found_by("brooks nunez")) == [member]
    assert set(SearchTerm.objects.values_list("member", "term")) == wanted
    assert SearchTerm.objects.count() == len(wanted)


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        ("lindkvist", "lindqvist"),
        ("lindquist", "lindqvist"),
        ("smyth", "smith"),
        ("meier", "meyer"),
        ("catherine", "katherine"),
        ("stephen", "steven"),
        ("philips", "filips"),
        ("fischer", "fisher"),
        ("gonzales", "gonzalez"),
        ("schmitt", "schmidt"),
        ("nite", "knight"),
    ],
)
def test_names_that_sound_alike_have_one_sound(heard: str, name: str) -> None:
    assert sound(heard) == sound(name)


@pytest.mark.parametrize(("one", "other"), [("lane", "lake"), ("brooks", "brown"), ("smith", "simons")])
def test_names_that_do_not_sound_alike_have_another_sound(one: str, other: str) -> None:
    assert sound(one) != sound(other)


@pytest.mark.parametrize("name", ["li", "o", "健太", "eau", ""])
def test_a_name_of_too_few_consonants_has_no_sound(name: str) -> None:
    assert sound(name) == ""


@pytest.mark.django_db
def test_a_member_is_found_by_the_sound_of_each_word() -> None:
    member = make_person(first_name="Søren", last_name="Lindqvist")
    make_member(first_name="Kirsten", last_name="Lindkvist")
    assert Member.objects.keys_found_by("soren lindkwist") == []
    assert Member.objects.keys_sounding_like("soren lindkwist") == [member.pk]
    assert Member.objects.keys_sounding_like("42") == []


@pytest.mark.django_db
def test_a_member_is_found_by_a_former_amt_id() -> None:
    member = make_person()
    amt_ids.change(member=member, amt_id="77", reason="Re-keyed.", by=make_user(is_staff=True), at=noon(TODAY))
    assert list(Member.objects.found_by("0042017")) == list(Member.objects.found_by("77")) == [member]


@pytest.mark.django_db
def test_a_person_with_one_name_is_sorted_by_it() -> None:
    people = [("Zoe", "Adams"), ("Sukarno", ""), ("Ada", "Tan"), ("", "Bao")]
    for first_name, last_name in people:
        make_member(first_name=first_name, last_name=last_name)
    assert [member.name for member in Member.objects.all()] == ["Zoe Adams", "Bao", "Sukarno", "Ada Tan"]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["mary ann lane", "Lane, Mary Ann"])
def test_of_words_that_are_too_many_to_count_the_last_is_looked_up_first(
    typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People type the last name last, and fewer have the same one."""
    member = make_member(first_name="Mary Ann", last_name="Lane")
    make_member(first_name="Mary Ann", last_name="Lane")
    monkeypatch.setattr("amtportal.members.models.MOST_COUNTED", 1)
    with CaptureQueriesContext(connection) as captured:
        assert member.pk in Member.objects.keys_found_by(typed)
    finding = next(query["sql"] for query in captured if "EXISTS" in query["sql"])
    assert finding.index(" alnan") < finding.index("mary")


WORDS = ["al", "ali", "alina", "an", "anna", "annal", "bo", "bob", "bobal", "l", "li", "lina", "ma", "mary", "maryann"]
TYPED = [*WORDS, "a", "b", "m", "x", "31", "312", "5550", "q1", "q", "9"]


def is_found_plainly(member: Member, typed: str) -> bool:
    """Return whether each typed word begins a term of the member that is not of a pair."""
    terms = terms_of(names=(member.first_name, member.last_name), amt_ids=[member.amt_id], phone=member.phone)
    words = typed_words(typed)
    apart, together = list(chain.from_iterable(words)), ["".join(word) for word in words]
    return any(
        all(any(term.startswith(word) for term in terms if not term.startswith(" ")) for word in every)
        for every in (apart, together)
    )


@pytest.mark.django_db
def test_pairs_find_whom_their_words_find_one_by_one() -> None:
    drawn = random.Random(68)
    names = [" ".join(drawn.sample(WORDS, drawn.choice([1, 1, 2]))) for _ in range(80)]
    members = Member.objects.bulk_create(
        Member(
            amt_id=f"Q{number}" if number % 3 else f"9{number}",
            first_name=first,
            last_name=last.replace(" ", drawn.choice([" ", "-", "'"])),
            phone=f"312-555-0{number:03d}" if number % 2 else "",
        )
        for number, (first, last) in enumerate(zip(names[::2], names[1::2], strict=True), start=100)
    )
    found = 0
    for _ in range(150):
        typed = " ".join(drawn.choices(TYPED, k=drawn.choice([2, 2, 2, 3, 4])))
        expected = {member.pk for member in members if is_found_plainly(member, typed)}
        assert set(Member.objects.keys_found_by(typed)) == expected, typed
        found += bool(expected)
    assert found > 50


def test_a_pair_begins_alike_in_either_order_and_for_words_that_begin_alike() -> None:
    assert paired("mary", "smith") == paired("smith", "mary") == " msamriyt h"
    assert paired("smi", "ma", unknown="_").rstrip("_") == " msam_i"


def test_only_words_are_paired() -> None:
    """A term that begins with another sign is not of a word that anybody types."""
    assert can_be_paired("smith")
    assert not any(map(can_be_paired, ["312", "~smt~", "s" * 30]))


@pytest.mark.django_db
@pytest.mark.parametrize("typed", [["smith"], ["mary", "smith"], ["m", "s"], ["312"]])
def test_terms_are_found_by_their_index(typed: list[str]) -> None:
    member = make_member()
    SearchTerm.objects.bulk_create([SearchTerm(member=member, term=f"{number:05}") for number in range(3000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":  # which reads a table of few rows whole, unless it must not
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
    plan = SearchTerm.objects.having(typed).values("member").explain()
    assert "members_searchterm_start" in plan
    assert "Index Cond" in plan or "term>? AND term<?" in plan, "a range of it, not all of it"


@pytest.mark.django_db
def test_of_two_names_nobody_is_looked_at_who_has_only_one() -> None:
    """Tens of thousands have each: one statement asks for both."""
    make_member(first_name="Mary", last_name="Smith")
    with CaptureQueriesContext(connection) as captured:
        assert len(Member.objects.keys_found_by("mary smith")) == 1
    assert len(captured) == 1
    assert "EXISTS" not in captured[0]["sql"]


@pytest.mark.django_db
def test_keys_among_many_are_sent_as_one_value() -> None:
    members = [make_member() for _ in range(3)]
    wanted = [members[0].pk, members[2].pk]
    with CaptureQueriesContext(connection) as captured:
        assert list(Member.objects.filter(pk__among=wanted).order_by("pk").values_list("pk", flat=True)) == wanted
    assert f"{wanted[0]}, {wanted[1]}" in captured[0]["sql"] or f"{wanted[0]},{wanted[1]}" in captured[0]["sql"]
    assert not Member.objects.filter(pk__among=[]).exists()
    assert Member.objects.filter(search_terms__member__pk__among=wanted).distinct().count() == 2
