"""Staff freeze, draw, abandon and replace in the admin."""

import pytest
from django.urls import reverse

from amtportal.members.models import User
from ccp.audits.models import Draw, DrawLine, DrawTicket
from tests.support.builders import client_of, make_user
from tests.support.draws import SEED, YEAR, enter_seed, freeze, make_closed, make_many
from tests.support.forms import form_on
from tests.support.pages import read, words
from tests.support.staff import found, page, told

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.ignore_template_errors,
    pytest.mark.any_database,
    pytest.mark.usefixtures("on_today"),
]
FREEZE = "/admin/audits/draw/freeze/"
TYPED = {"seed_kind": "dice", "seed_named": "Eight dice on March 20"}


@pytest.fixture
def root() -> User:
    return make_user(is_staff=True, is_superuser=True)


def test_the_page_shows_what_would_be_frozen_before_it_freezes(root: User) -> None:
    make_many(600)
    gone = make_closed().certification.member
    client = client_of(root)
    first = client.post(FREEZE, {**form_on(client, FREEZE), **TYPED, "excluded": f"{gone.amt_id}, deceased"})
    said = words(read(first).select_one("#content-main"))
    # 1.96 × √(0.09 / 6) × √(594 / 599) = 23.9 points
    assert "RMA 6 of 600, ± 23.9 percentage points" in said
    assert "Left out, deceased 1" in said
    assert not Draw.objects.exists()
    shown = form_on(client, FREEZE, posted={**form_on(client, FREEZE), **TYPED, "excluded": f"{gone.amt_id}, deceased"})
    make_closed()  # somebody comes into the population while the page is read
    again = client.post(FREEZE, shown)
    assert "6 of 601" not in said
    assert "RMA 7 of 601" in words(read(again).select_one("#content-main"))
    assert not Draw.objects.exists()
    frozen = client.post(FREEZE, form_on(client, FREEZE, posted=shown))
    draw = Draw.objects.get()
    assert told(client, frozen) == f"Frozen: 601 lines. SHA-256: {draw.sha256}"
    assert (draw.year, draw.frozen_by) == (YEAR, root)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"year": "2026"}, "2026 is not over"),
        ({"share": "1001"}, "The share is a number of 1,000"),
        ({"seed_named": ""}, "This field is required."),
        ({"excluded": "12 deceased"}, "Line 1 of the exclusions, “12 deceased”, cannot be read."),
        ({"excluded": "999999, deceased"}, "Nobody has 999999 as AMT ID."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(root: User, changed: dict[str, str], sentence: str) -> None:
    make_closed()
    client = client_of(root)
    typed = {**form_on(client, FREEZE), **TYPED, **changed}
    answer = client.post(FREEZE, typed)
    assert sentence in words(read(answer).select_one("#content-main"))
    kept = form_on(client, FREEZE, posted=typed)
    assert {name: kept[name] for name in typed if name != "shown"} == {
        name: value for name, value in typed.items() if name != "shown"
    }
    assert not Draw.objects.exists()


def test_the_seed_is_entered_once_and_shows_who_is_audited(root: User) -> None:
    make_many(20)
    draw, client = freeze(), client_of(root)
    address = page(Draw, "seed", draw.pk)
    typed = {"seed": SEED, "seed_source": "Rosemont", "first_witness": "Ana Torres", "second_witness": "Ana Torres"}
    assert "Both witnesses have the same name" in client.post(address, typed).text
    done = client.post(address, {**typed, "second_witness": "Bo Ek"})
    assert told(client, done) == f"Drawn: 5 of 20, by the seed {SEED}"
    assert client.get(address).status_code == 302
    record = read(client.get(page(Draw, "change", draw.pk)))
    links = {words(link): link["href"] for link in record.select(".object-tools a")}
    assert {"Enter the seed", "Abandon"} & links.keys() == set()
    assert len(client.get(links["Who is audited"]).context["cl"].result_list) == 5
    assert client.get(links["Public page"]).status_code == 200
    assert draw.secret not in record.text


def test_a_public_number_has_no_witnesses(root: User) -> None:
    make_many(2)
    draw, client = freeze(seed_kind="number"), client_of(root)
    assert "witness" not in str(read(client.get(page(Draw, "seed", draw.pk))).select_one("#content-main form"))
    client.post(page(Draw, "seed", draw.pk), {"seed": "1834567", "seed_source": "The state lottery, March 20"})
    draw.refresh_from_db()
    assert (draw.is_drawn, draw.first_witness) == (True, "")


def test_a_draw_without_a_seed_is_abandoned_with_the_reason(root: User) -> None:
    make_many(2)
    draw, client = freeze(), client_of(root)
    address = page(Draw, "abandon", draw.pk)
    assert told(client, client.post(address, {"reason": "Wrong list"})) == "Abandoned: Wrong list"
    assert told(client, client.post(address, {"reason": "Wrong list"})) == "This draw is abandoned already."
    assert client.get(page(Draw, "seed", draw.pk)).status_code == 302


def test_the_next_substitute_is_called_on_the_page_of_the_ticket(root: User) -> None:
    make_many(7)
    draw, client = enter_seed(freeze()), client_of(root)
    first, *_, substitute, last = DrawTicket.objects.order_by("place")
    address = page(DrawTicket, "replace", first.pk)
    done = client.post(address, {"reason": "Has died"})
    assert told(client, done).endswith(f"In their place: {substitute.line.member}.")
    assert told(client, client.post(address, {"reason": "Has died"})) == "Somebody was called for this line already."
    assert first not in found(client, DrawTicket, audited="yes", line__draw__id__exact=str(draw.pk))
    assert found(client, DrawTicket, audited="replaced") == [first]
    assert found(client, DrawTicket, audited="waiting") == [last]
    refused = client.post(page(DrawTicket, "replace", last.pk), {"reason": "Has died"})
    assert "was not drawn" in refused.text


def test_the_lines_are_filtered_by_the_reason_for_which_they_are_left_out(root: User) -> None:
    make_many(2)
    make_closed(status="retired")
    draw, client = freeze(), client_of(root)
    left_out = draw.lines.get(excluded="not in force")
    assert found(client, DrawLine, **{"left-out": "not-in-force"}) == [left_out]
    assert left_out not in found(client, DrawLine, **{"left-out": "no"})
    assert found(client, DrawLine, **{"left-out": "deceased"}) == []


def test_the_list_of_draws_leads_to_the_freeze(root: User) -> None:
    assert FREEZE in client_of(root).get(reverse("admin:audits_draw_changelist")).text
