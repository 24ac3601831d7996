"""Freezing the population of a year, the seed, and substitutes."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.refusals import Refused
from ccp.audits import cases, draws, exclusions, tickets
from ccp.audits.models import AuditCase, Draw, DrawLine, DrawTicket, Replacement
from certifications import corrections
from certifications.models import Cycle
from tests.support.builders import TODAY, make_member, make_user, noon
from tests.support.draws import SEED, WITNESSES, YEAR, enter_seed, freeze, make_closed, make_many, terms
from tests.support.history import behind_the_triggers

pytestmark = pytest.mark.django_db


def lines(draw: Draw) -> dict[int, str]:
    """Return the reasons by cycle; empty for those that can be drawn."""
    return dict(draw.lines.values_list("cycle", "excluded"))


def drawn(draw: Draw) -> list[int]:
    """Return the cycles that are audited."""
    return list(
        DrawTicket.objects.drawn().filter(line__draw=draw).order_by("place").values_list("line__cycle", flat=True)
    )


@pytest.mark.parametrize(
    ("fields", "is_in"),
    [
        pytest.param({"closed_on": date(YEAR - 1, 12, 31), "ends_on": date(YEAR - 1, 12, 30)}, False, id="day before"),
        pytest.param({"closed_on": date(YEAR, 1, 1), "ends_on": date(YEAR - 1, 12, 31)}, True, id="first day"),
        pytest.param({"closed_on": date(YEAR, 12, 31)}, True, id="last day"),
        pytest.param({"closed_on": date(YEAR + 1, 1, 1)}, False, id="day after"),
        pytest.param({"outcome": "non-compliant"}, False, id="not compliant"),
        pytest.param(
            {"closed_on": None, "outcome": "", "points_at_close": None, "mandatory_at_close": None}, False, id="open"
        ),
    ],
)
def test_the_population_are_the_compliant_cycles_that_closed_in_the_year(fields: dict[str, Any], is_in: bool) -> None:
    other, tried = make_closed(), make_closed(**fields)
    assert lines(freeze()) == ({other.pk: "", tried.pk: ""} if is_in else {other.pk: ""})


@pytest.mark.parametrize(
    ("outcome", "corrected", "is_in"),
    [("compliant", "non-compliant", False), ("non-compliant", "compliant", True)],
)
def test_the_last_correction_of_a_cycle_counts(outcome: str, corrected: str, is_in: bool) -> None:
    make_closed()
    cycle = make_closed(outcome=outcome)
    for after in (outcome, corrected):
        corrections.sign(
            cycle=cycle, points=cycle.points_at_close, outcome=after, statement=after, by=make_user(), at=noon(TODAY)
        )
    assert (cycle.pk in lines(freeze())) is is_in


def test_a_line_has_the_credential_a_tag_and_the_cycle_and_the_file_is_sorted() -> None:
    cycles = [make_closed(), make_closed(credential="RPT")]
    draw = freeze()
    content = draws.frozen_file(draw)
    assert content.splitlines() == sorted(content.splitlines())
    assert draw.sha256 == tickets.digest(content)
    for cycle in cycles:
        amt_id, code = cycle.certification.member.amt_id, cycle.certification.credential.code
        tag = tickets.tag(tickets.salt(draw.secret, code, amt_id, 1), amt_id)
        assert f"{code}/{tag}/1\n".encode() in content
        assert amt_id.encode() not in content


def test_what_cannot_be_drawn_stays_in_the_file_with_the_reason() -> None:
    member = make_member(amt_id="2100777")
    expected = {
        make_closed().pk: "",
        make_closed(status="retired").pk: "not in force",
        make_closed(ccp_mandatory=False, mandatory_at_close=None).pk: "CCP voluntary",
        make_closed(ccp_mandatory=False, mandatory_at_close=True).pk: "",
        make_closed(member).pk: "deceased",
        make_closed(member, credential="RPT").pk: "deceased",
    }
    draw = freeze(reasons=exclusions.read("AMT ID, reason\n 2100777 , Deceased\n\n"))
    assert lines(draw) == expected
    assert draw.population == 2
    enter_seed(draw)
    assert set(drawn(draw)) == {cycle for cycle, reason in expected.items() if not reason}


@pytest.mark.parametrize(("spared", "reason"), [(0, ""), (1, "audited before"), (2, "audited before")])
def test_who_was_drawn_for_the_cycle_before_is_spared(spared: int, reason: str) -> None:
    before = make_closed(closed_on=date(YEAR - 3, 5, 1), starts_on=date(YEAR - 6, 5, 1), ends_on=date(YEAR - 3, 4, 30))
    enter_seed(freeze(year=YEAR - 3))
    cycle = _next(before)
    make_closed()
    decided(AuditCase.objects.get())
    assert lines(freeze(spared_cycles=spared))[cycle.pk] == reason


def decided(case: AuditCase) -> None:
    AuditCase.objects.filter(pk=case.pk).update(
        state="closed", outcome="passed", points=30, due_on=None, closed_at=noon(TODAY)
    )


def test_who_is_being_audited_is_under_review_and_is_not_audited_twice_for_a_cycle() -> None:
    cycle, other = make_closed(), make_closed()
    make_closed()
    asked = {"cause": "A provider said so.", "by": make_user(is_staff=True), "at": noon(TODAY)}
    cases.open_for_cause(cycle=cycle, **asked)
    decided(cases.open_for_cause(cycle=other, **asked))
    found = lines(freeze(spared_cycles=0))
    assert (found[cycle.pk], found[other.pk]) == ("under review", "audited before")


def test_who_was_drawn_and_replaced_can_be_drawn_again() -> None:
    before = make_closed(closed_on=date(YEAR - 3, 5, 1), starts_on=date(YEAR - 6, 5, 1), ends_on=date(YEAR - 3, 4, 30))
    enter_seed(freeze(year=YEAR - 3))
    draws.replace(ticket=DrawTicket.objects.get(), reason="On a mission", by=make_user(), at=noon(TODAY))
    after = _next(before)
    assert lines(freeze()) == {after.pk: ""}


def _next(before: Cycle) -> Cycle:
    after = Cycle.objects.get(pk=before.pk)
    after.pk, after.number, after._state.adding = None, 2, True
    after.starts_on, after.ends_on, after.closed_on = date(YEAR - 3, 5, 1), date(YEAR, 4, 30), date(YEAR, 5, 1)
    after.requirement_met_on = date(YEAR, 3, 1)
    after.save()
    return after


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2100777", "Line 1 of the exclusions, “2100777”, cannot be read. Write the AMT ID, a comma and one of"),
        ("2100777, moved", "one of: audited, deceased, under review."),
        ("\n, deceased", "Line 2 of the exclusions"),
        ("2100777, deceased\n2100777; under review", "Line 2 of the exclusions gives 2100777 a second reason."),
    ],
)
def test_a_list_of_exclusions_that_cannot_be_read_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        exclusions.read(text)
    assert sentence in refused.value.sentence


def test_an_amt_id_that_nobody_has_is_refused_and_nothing_is_frozen() -> None:
    make_closed()
    with pytest.raises(Refused, match="Nobody has 999 as AMT ID"):
        freeze(reasons={"999": "deceased"})
    assert not Draw.objects.exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"year": TODAY.year}, "2026 is not over: its cycles can be frozen from Jan 1, 2027 on."),
        ({"share": 1001}, "The share is a number of 1,000"),
        ({"at_least": 0}, "At least 1 is drawn"),
        ({"spared_cycles": -1}, "0 or more"),
        ({"seed_kind": "a hat"}, "one of: dice, number"),
        ({"seed_named": " \u200b"}, "Name now where the seed will come from"),
        ({"year": 2001}, "No compliant cycle that closed in 2001 can be drawn."),
    ],
)
def test_what_cannot_be_frozen_is_refused(changed: dict[str, Any], sentence: str) -> None:
    make_closed()
    with pytest.raises(Refused) as refused:
        freeze(**changed)
    assert sentence in refused.value.sentence
    assert not Draw.objects.exists()


def test_a_year_is_frozen_once_unless_the_draw_is_abandoned() -> None:
    make_closed()
    first = freeze()
    with pytest.raises(Refused, match="abandon it first"):
        freeze()
    draws.abandon(draw=first, reason="A file was missing", by=first.frozen_by, at=noon(TODAY))
    second = freeze()
    assert (first.sha256 == second.sha256) is False  # other salts
    enter_seed(second)
    with pytest.raises(Refused, match="it is drawn, and stays"):
        freeze()
    with pytest.raises(Refused, match="whoever is drawn stays drawn"):
        draws.abandon(draw=second, reason="Never mind", by=first.frozen_by, at=noon(TODAY))
    with pytest.raises(Refused, match="was abandoned: A file was missing"):
        enter_seed(first)


@pytest.mark.parametrize(
    ("kind", "changed", "field"),
    [
        ("dice", {"seed": " "}, "seed"),
        ("dice", {"seed": "3 1\n4"}, "seed"),
        ("dice", {"seed": "Würfel"}, "seed"),
        ("dice", {"seed": "1" * 201}, "seed"),
        ("dice", {"source": ""}, "seed_source"),
        ("dice", {"witnesses": ("", "Bo Ek")}, "first_witness"),
        ("dice", {"witnesses": ("Bo Ek", "")}, "second_witness"),
        ("dice", {"witnesses": ("Bo Ek", "bo  ek")}, "second_witness"),
        ("number", {"source": " "}, "seed_source"),
    ],
)
def test_a_seed_without_its_source_is_not_accepted(kind: str, changed: dict[str, Any], field: str) -> None:
    make_closed()
    draw = freeze(seed_kind=kind)
    with pytest.raises(Refused) as refused:
        enter_seed(draw, **changed)
    assert refused.value.field == field
    draw.refresh_from_db()
    assert (draw.is_drawn, DrawTicket.objects.exists()) == (False, False)


def test_a_seed_is_accepted_once() -> None:
    make_many(12)
    draw = enter_seed(freeze(), at=noon(TODAY + timedelta(days=1)))
    assert (draw.seed, draw.first_witness, draw.second_witness) == (SEED, *WITNESSES)
    before = drawn(draw)
    assert enter_seed(draw) == draw  # the form sent twice
    with pytest.raises(Refused, match="A seed is accepted once"):
        enter_seed(draw, seed="another")
    assert drawn(draw) == before


def test_lines_that_were_changed_after_the_freeze_are_not_drawn() -> None:
    make_many(3)
    draw = freeze()
    with behind_the_triggers():
        DrawLine.objects.filter(pk=draw.lines.first().pk).update(excluded="deceased")
    with pytest.raises(Refused, match="not those that were frozen"):
        enter_seed(draw)


def test_each_credential_draws_its_share_by_the_smallest_tickets() -> None:
    make_many(30)
    make_many(8, credential="RPT")
    draw = enter_seed(freeze(share=200))  # a fifth of 30 is 6; of 8 it is 2, and at least 5 are drawn
    for code, number in (("RMA", 6), ("RPT", 5)):
        order = tickets.in_order(SEED, draw.lines.filter(stratum=code).values_list("line", flat=True))
        stored = DrawTicket.objects.filter(line__stratum=code).order_by("place")
        assert list(stored.values_list("ticket", "line__line")) == order
        assert [ticket.is_drawn for ticket in stored] == [True] * number + [False] * (len(order) - number)
    assert [(each.code, each.population, each.drawn) for each in draws.strata_of(draw)] == [
        ("RMA", 30, 6),
        ("RPT", 8, 5),
    ]


def test_the_next_substitute_is_called_and_nobody_else_moves() -> None:
    make_many(7)
    make_many(7, credential="RPT")
    draw = enter_seed(freeze())
    rma = list(DrawTicket.objects.filter(line__stratum="RMA").order_by("place"))
    others = set(drawn(draw))
    by = draw.frozen_by

    def replace(place: int) -> DrawTicket | None:
        return draws.replace(ticket=rma[place - 1], reason="Has died", by=by, at=noon(TODAY)).substitute

    assert replace(2) == rma[5]
    assert replace(2) == rma[5]  # the form sent twice
    assert replace(6) == rma[6]  # a substitute is replaced by the one behind
    assert replace(1) is None  # nobody is left
    kept = (others - {rma[0].line.cycle_id, rma[1].line.cycle_id}) | {rma[6].line.cycle_id}
    assert set(drawn(draw)) == kept


def test_each_who_is_drawn_has_a_case_and_a_replacement_calls_it_off() -> None:
    make_many(7)
    draw = enter_seed(freeze())
    opened = AuditCase.objects.order_by("draw_line__ticket__place")
    assert [case.draw_line.ticket.place for case in opened] == [1, 2, 3, 4, 5]
    assert all(case.ticket == case.draw_line.ticket.ticket for case in opened)
    first = opened[0]
    draws.replace(ticket=first.draw_line.ticket, reason="Has died", by=draw.frozen_by, at=noon(TODAY))
    first.refresh_from_db()
    assert (first.state, first.outcome) == ("closed", "called-off")
    assert AuditCase.objects.get(draw_line__ticket__place=6).state == "drawn"


def test_nobody_is_replaced_whose_audit_is_decided() -> None:
    make_many(7)
    draw = enter_seed(freeze())
    case = AuditCase.objects.get(draw_line__ticket__place=1)
    decided(case)
    with pytest.raises(Refused):
        draws.replace(ticket=case.draw_line.ticket, reason="Has died", by=draw.frozen_by, at=noon(TODAY))
    assert not Replacement.objects.exists()


def test_only_those_who_are_drawn_are_replaced() -> None:
    make_many(7)
    draw = enter_seed(freeze())
    waiting = DrawTicket.objects.waiting().first()
    with pytest.raises(Refused, match="was not drawn"):
        draws.replace(ticket=waiting, reason="Has died", by=draw.frozen_by, at=noon(TODAY))
    with pytest.raises(Refused, match="Say why"):
        draws.replace(ticket=DrawTicket.objects.drawn().first(), reason=" ", by=draw.frozen_by, at=noon(TODAY))


def test_a_thousand_lines_take_no_more_statements_than_their_chunks() -> None:
    """The population is one query; rows are inserted in chunks of 500, which SQLite takes in up to three parts."""
    by = make_user(is_staff=True)
    make_many(1000)
    with CaptureQueriesContext(connection) as freezing:
        draw = freeze(by=by)
    with CaptureQueriesContext(connection) as drawing:
        enter_seed(draw)
    assert max(len(freezing), len(drawing)) <= 24
    assert DrawTicket.objects.count() == 1000


def test_the_history_does_not_show_the_secret() -> None:
    make_closed()
    assert not hasattr(freeze().history.get(), "secret")
    assert terms().year == YEAR
