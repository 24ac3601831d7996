"""A change of terms as staff see it before they confirm: what differs, and whom it affects how."""

from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import forms

from amtportal.formatting import format_day, format_points
from ccp.catalogue.term_changes import AnyTerms, Effect, Impact
from certifications.models import Cycle

SHOWN = 50


def seen(terms: AnyTerms, impact: Impact) -> str:
    """Return a digest of what the page shows: the terms and their effect."""
    names = sorted(field.attname for field in terms._meta.concrete_fields if not field.primary_key)
    values = [f"{name}={getattr(terms, name)}" for name in names]
    return sha256("\n".join([*values, impact.digest]).encode()).hexdigest()


def changes(terms: AnyTerms, present: AnyTerms, form: forms.ModelForm) -> list[tuple[str, object]]:
    """Return each term that changes on that day, with its value before and after."""
    lines: list[tuple[str, object]] = [("Effective from", format_day(terms.effective_from))]
    for name in form._meta.fields or []:
        was, becomes = _worded(present, name), _worded(terms, name)
        if name != "effective_from" and was != becomes:
            lines.append((str(form.fields[name].label), f"{was} → {becomes}"))
    return lines


def facts(terms: AnyTerms, impact: Impact) -> list[tuple[str, object]]:
    """Return how many members gain points, lose points or cross the requirement.

    Some of these members are named.
    """
    since = format_day(terms.effective_from)
    if not impact.cycles:
        return [("Members affected", f"None: nothing was recorded under it since {since} in an open cycle.")]
    counted = f"{len(impact.cycles):,} open {'cycle' if len(impact.cycles) == 1 else 'cycles'} counted again"
    if not impact.effects:
        return [("Members affected", f"None: {counted}, and the points stay the same.")]
    return [
        ("Entries recorded since", f"{since}: {counted}. Points claimed stay as they were recorded."),
        ("Members who gain points", f"{impact.gaining:,}"),
        ("Members who lose points", f"{impact.losing:,}"),
        ("Members who reach the requirement", f"{impact.crossing_up:,}"),
        ("Members who fall below the requirement", f"{impact.crossing_down:,}"),
        *_lines(impact),
    ]


def warning(impact: Impact, *, seen: bool) -> str:
    """Return what staff must know in addition to the numbers."""
    sentences = []
    if seen:
        sentences.append("The terms or the record have changed since you looked: please check again.")
    if impact.crossing_down:
        sentences.append(
            "An unpaid renewal invoice of a member who falls below the requirement locks again; a paid one stays paid."
        )
    return " ".join([*sentences, "Closed cycles do not change. Cancel keeps the current terms."])


def done(terms: AnyTerms) -> str:
    return f"Saved the terms from {format_day(terms.effective_from)}."


def _lines(impact: Impact) -> list[tuple[str, object]]:
    """Return the members whose points change; those who cross the requirement come first."""
    ordered = sorted(
        impact.effects, key=lambda effect: (not effect.crosses_down, not effect.crosses_up, effect.member, effect.cycle)
    )
    cycles = Cycle.objects.select_related("certification__member", "certification__credential").in_bulk(
        [effect.cycle for effect in ordered[:SHOWN]]
    )
    lines: list[tuple[str, object]] = [
        (str(cycles[effect.cycle].certification.member), _line(effect, cycles[effect.cycle]))
        for effect in ordered[:SHOWN]
    ]
    if len(ordered) > SHOWN:
        lines.append(("And", f"{len(ordered) - SHOWN:,} more cycles"))
    return lines


def _line(effect: Effect, cycle: Cycle) -> str:
    before, after, required = map(format_points, (effect.before, effect.after, effect.required))
    points = f"{before} points now, {after} after, of {required}"
    crossing = ""
    if effect.crosses_down:
        crossing = " Falls below the requirement."
    elif effect.crosses_up:
        crossing = " Reaches the requirement."
    days = f"{format_day(cycle.starts_on)} to {format_day(cycle.ends_on)}"
    return f"{cycle.certification.credential.code} cycle {days}: {points}.{crossing}"


def _worded(terms: Any, name: str) -> str:
    value = getattr(terms, f"get_{name}_display")() if hasattr(terms, f"get_{name}_display") else getattr(terms, name)
    if value in (None, ""):
        return "none"
    if isinstance(value, Decimal):
        return format_points(value)
    return format_day(value) if isinstance(value, date) else str(value)
