"""What was read from a file fills in a Record CE form.

- A field is filled in only while it is empty, and only if there is one candidate, and no doubt about
  it. Several candidates, and one that is doubtful, are a choice of the member's.
- The form itself judges each candidate, first alone and then together with the others that fill it
  in. What it would refuse is left out.
- An amount fills in one field: how many, if the type is counted in the unit that was read, or while
  no type is chosen; otherwise the points.
- The attestation is never filled in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from amtportal import formatting
from amtportal.formatting import is_spanish, translated
from ccp.models import ActivityType, PendingFile, Reading
from ccp.models.catalogue import ActivityUnit
from ccp.reading.found import FIELDS, Candidate, Found
from ccp.recording.forms import RecordCEForm

# The units as people type them (``ccp.recording.amounts``), in English and Spanish.
TYPED_UNITS = {
    ActivityUnit.HOUR: ("contact hours", "horas de contacto"),
    ActivityUnit.CEU: ("CEU", "CEU"),
    ActivityUnit.SEMESTER_HOUR: ("semester hours", "horas semestrales"),
    ActivityUnit.QUARTER_HOUR: ("quarter hours", "horas trimestrales"),
}
AMOUNTS = {"quantity", "points"}
Values = Mapping[str, str]


@dataclass(frozen=True)
class Option:
    """One candidate, as the form takes it.

    ``typed`` is what stands in the field, ``shown`` how people read it, ``said`` the words of the
    file, and ``number`` which candidate of the field it is.
    """

    typed: str
    shown: str
    said: str
    number: int
    has_crop: bool
    is_sure: bool


@dataclass(frozen=True)
class Filling:
    """What a file offers for one field of the form.

    ``chosen`` is the option whose value stands in the field; ``is_empty``: whether nothing does.
    """

    name: str
    file: PendingFile
    options: Sequence[Option]
    is_empty: bool
    chosen: Option | None = None

    @property
    def fills(self) -> Option | None:
        """Return the option that fills in the field."""
        return self.options[0] if self.is_empty and len(self.options) == 1 and self.options[0].is_sure else None

    @property
    def asks(self) -> bool:
        """Return whether the member has to choose."""
        return self.is_empty and self.fills is None

    def filled(self) -> "Filling":
        """Return what it is once the field is filled in."""
        return replace(self, is_empty=False, chosen=self.fills) if self.fills else self


def crop(reading: Reading, name: str, number: int) -> bytes:
    """Return the piece of the page on which a candidate stands, as PNG; empty if there is none."""
    candidates = _found(reading)[name]
    return candidates[number].crop if number < len(candidates) else b""


def fillings(form: RecordCEForm, readings: Iterable[Reading]) -> list[Filling]:
    """Return what the files offer for the fields of the form as it is."""
    read = [(reading.file, found) for reading in readings if (found := _found(reading))]
    return list(_fillings(form, read)) if read else []


def _found(reading: Reading) -> Found:
    """Return what was found; nothing if another release has stored it in another form."""
    try:
        return Found.from_json(reading.found) if reading.found else Found()
    except ValueError:
        return Found()


def _fillings(form: RecordCEForm, read: Sequence[tuple[PendingFile, Found]]) -> Iterator[Filling]:
    values = {name: _value(form, name) for name in FIELDS}
    offered: dict[str, Filling] = {}
    for file, found in read:
        for name, options in _options(form, values, found).items():
            chosen = _among(form, name, values[name], options) if values[name] else None
            offered.setdefault(name, Filling(name, file, options, not values[name], chosen))
    filled = {name: option.typed for name, filling in offered.items() if (option := filling.fills)}
    while refused := _refused(form, values | filled) & filled.keys():
        for name in refused:
            del filled[name], offered[name]
    yield from offered.values()


def _value(form: RecordCEForm, name: str) -> str:
    """Return what stands in a field, as it would be posted."""
    if name == "activity_type":
        return form.chosen_activity_type
    value = form[name].value()
    return str(form.fields[name].prepare_value(value)).strip() if value not in (None, "") else ""


def _refused(form: RecordCEForm, values: Values) -> set[str]:
    """Return the fields that the form would refuse if these were their values."""
    posted = QueryDict(mutable=True)
    posted.update({**values, "attested": "on"})
    posted.setlist("certifications", [str(key) for key in form["certifications"].value() or []])
    return set(type(form)(posted, open_cycles=form.open_cycles, on=form.on, terms=form.catalogue).errors)


def _options(form: RecordCEForm, values: Values, found: Found) -> dict[str, list[Option]]:
    """Return the candidates that the form takes, by field. What one field takes depends on those before it."""
    known, options = dict(values), {}
    for name in FIELDS:
        offered: list[Option] = []
        for number, candidate in enumerate(found[name]):
            option = _option(form, name, number, candidate, known, found.unit)
            is_new = option and option.typed not in [other.typed for other in offered]
            if option and is_new and name not in _refused(form, known | {name: option.typed}):
                offered.append(option)
        if name == "ends_on":
            offered = [option for option in offered if known["starts_on"] not in ("", option.typed)]
        if name in AMOUNTS and ("quantity" in options or any(values[other] for other in AMOUNTS - {name})):
            continue
        if offered:
            options[name] = offered
        if len(offered) == 1 and offered[0].is_sure and not known[name]:
            known[name] = offered[0].typed
    return options


def _option(
    form: RecordCEForm, name: str, number: int, candidate: Candidate, known: Values, unit: str
) -> Option | None:
    """Return the candidate as people type and read it; None if the form has no such value."""
    typed = shown = candidate.value
    if name == "activity_type":
        activity_type = _type(form, candidate.value)
        if activity_type is None:
            return None
        shown = translated(activity_type.name)
    elif name in ("starts_on", "ends_on"):
        day = date.fromisoformat(candidate.value)
        typed, shown = str(form.fields[name].prepare_value(day)), formatting.format_day(day)
    elif name == "quantity":
        activity_type = _type(form, known["activity_type"])
        if activity_type is None:
            of_unit = TYPED_UNITS.get(ActivityUnit(unit)) if unit else None
            typed = shown = f"{candidate.value} {of_unit[is_spanish()]}" if of_unit else candidate.value
        elif form.catalogue.terms(activity_type, form.recorded_on).unit != unit:
            return None
    return Option(typed, shown, candidate.said, number, bool(candidate.crop), candidate.is_sure)


def _type(form: RecordCEForm, code: str) -> ActivityType | None:
    return next((known for known in form.activity_types if known.code == code), None)


def _among(form: RecordCEForm, name: str, value: str, options: Sequence[Option]) -> Option | None:
    """Return the option whose value stands in the field, however it is written."""
    return next((option for option in options if _read(form, name, option.typed) == _read(form, name, value)), None)


def _read(form: RecordCEForm, name: str, written: str) -> Any:
    try:
        return form.fields[name].to_python(written) if name != "activity_type" else written
    except ValidationError:
        return written
