"""What course systems send: the fields of a credit, what each may hold, and what is wrong with one.

The shape (which fields, text or number) is checked here with pydantic, and stands on the page of the
interface. What a field means is checked as in AMT's own file of credits (``ccp.amt_credits.rows``).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, ValidationError, WithJsonSchema

from amtportal.imports.cells import lengths_of, read_cells, short
from amtportal.members.models import Member
from amtportal.refusals import Problem
from ccp.amt_credits import rows as credit_rows
from ccp.amt_credits.holding import Received
from ccp.amt_credits.rows import CreditRow
from ccp.api.models import CourseSystem, Delivery
from ccp.counting.terms import Terms, points_for
from ccp.models import Activity, ActivityType
from ccp.recording import claims
from ccp.recording.eligibility import Claim

MOST_ROWS = 1_000
REQUIRED = ("reference", "amt_id", "last_name", "activity_type", "starts_on")
_NUMBER = r"^[0-9]{1,4}(\.[0-9]{1,4})?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_LENGTHS = {
    **lengths_of(("amt_id", "last_name"), Member),
    **lengths_of(("title", "provider"), Activity),
    **lengths_of(("reference",), Delivery),
}


def _number(value: object) -> object:
    """Return a JSON number, or a text that is one, as it was written."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise ValueError('Write it as a number such as 1.5, or as a text such as "1.5".')
    if isinstance(value, int) and value.bit_length() > 64:
        raise ValueError("It is too large.")
    return str(value)


Number = Annotated[
    str,
    BeforeValidator(_number),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": _NUMBER}]}),
]
Day = Annotated[StrictStr, Field(pattern=_DAY, json_schema_extra={"format": "date"})]


def _text(name: str, description: str, example: str, *, default: Any = ...) -> Any:
    least = 1 if default is ... else 0
    return Field(default, description=description, examples=[example], min_length=least, max_length=_LENGTHS[name])


class CreditIn(BaseModel):
    """One credit of a course system for one member."""

    model_config = ConfigDict(extra="forbid", title="Credit")

    reference: StrictStr = _text("reference", "Your own number of this credit. It never names another.", "A-20931")
    amt_id: StrictStr = _text("amt_id", "The AMT ID that the learner gave.", "2100003")
    last_name: StrictStr = _text(
        "last_name", "The learner's last name. If it is not that of the AMT ID, the credit is held.", "Lindqvist"
    )
    activity_type: StrictStr = Field(
        description="The code of the activity type.", examples=["course-seminar-webinar"], min_length=1, max_length=60
    )
    points: Number | None = Field(
        None, description="Points, in quarter steps, up to 99. Leave it out if you send a quantity.", examples=["1.5"]
    )
    quantity: Number | None = Field(
        None, description="Units of the type, such as contact hours. AMT calculates the points.", examples=["3"]
    )
    title: StrictStr = _text("title", "The title of the course; the member reads it.", "Phlebotomy update", default="")
    provider: StrictStr = _text("provider", "Who gave the course, if not you.", "MedLearn", default="")
    starts_on: Day = Field(description="The first day, as YYYY-MM-DD.", examples=["2026-03-01"])
    ends_on: Day | None = Field(None, description="The last day, if it is another.", examples=["2026-03-02"])


Rows = Annotated[
    list[Any],
    Field(min_length=1, max_length=MOST_ROWS, description=f"Up to {MOST_ROWS:,} credits. Each is judged by itself."),
    WithJsonSchema(
        {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_ROWS,
            "items": CreditIn.model_json_schema(),
            "title": "Credits",
        }
    ),
]


class BatchIn(BaseModel):
    """Many credits at once."""

    model_config = ConfigDict(extra="forbid", title="Batch")

    credits: Rows


class ConsentIn(BaseModel):
    """The person whose standing a course system wants to read."""

    model_config = ConfigDict(extra="forbid", title="Consent request")

    last_name: StrictStr = _text("last_name", "The last name of the member.", "Lindqvist")


@dataclass(frozen=True)
class SentCredit:
    """A good row: the credit, its reference at the course system, and a digest of what was sent."""

    reference: str
    digest: str
    received: Received


def on_record(system: CourseSystem, reference: str) -> str:
    """Return the reference on record of a reference of the course system."""
    return f"{system.code}:{reference}"


def sentences(error: ValidationError | Sequence[Mapping[str, Any]], *, known: Iterable[str] = ()) -> list[Problem]:
    """Return what pydantic found wrong, each with the field and a sentence that says how to fix it."""
    found = error.errors(include_url=False) if isinstance(error, ValidationError) else error
    return [_sentence(one, known) for one in found]


def _sentence(error: Mapping[str, Any], known: Iterable[str]) -> Problem:
    # Where ninja read the value from comes before the names of the fields.
    place = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
    field = ".".join(place[-1:])
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            sentence = "It is missing. Send it."
        case "extra_forbidden":
            names = ", ".join(known)
            sentence = f"There is no such field. Leave it out{f'; the fields are {names}' if names else ''}."
        case "string_type":
            sentence = "Write it as text, in quotation marks."
        case "string_unicode":
            sentence = "It holds half of a character, which cannot be stored. Send the whole character."
        case "string_too_short":
            sentence = "It is empty. Fill it in."
        case "string_too_long":
            sentence = f"At most {context['max_length']} characters can be stored. Shorten it."
        case "string_pattern_mismatch":
            sentence = "Write the day as YYYY-MM-DD, such as 2026-03-14."
        case "too_long":
            sentence = f"Send at most {context['max_length']:,} rows at a time."
        case "too_short":
            sentence = "Send at least one row."
        case "list_type":
            sentence = "Send a list, in square brackets."
        case "value_error":
            sentence = str(context.get("error", "")) or "Correct it."
        case _:
            sentence = "Send a JSON object with the fields, in curly brackets."
    return Problem(short(field), sentence)


def read_row(
    row: Any, *, system: CourseSystem, activity_types: Mapping[str, ActivityType], terms: Mapping[str, Terms], on: Any
) -> tuple[SentCredit | None, list[Problem]]:
    """Return the credit that the row is, or everything that is wrong with it."""
    if not isinstance(row, CreditIn):
        try:
            row = CreditIn.model_validate(row)
        except ValidationError as error:
            return None, sentences(error, known=CreditIn.model_fields)
    if (row.points is None) == (row.quantity is None):
        return None, [Problem("points", "Send either points or a quantity, and not both.")]
    cells = {name: value for name, value in row.model_dump().items() if value is not None}
    quantity = cells.pop("quantity", None)
    values, wrong = read_cells(
        cells,
        line=0,
        required=REQUIRED,
        lengths=_LENGTHS,
        meaning=lambda value, column: credit_rows.meaning(value, column, activity_types),
        prose=("title", "provider", "last_name"),
    )
    if not wrong and quantity is not None:
        points, problem = _points_of(quantity, terms[str(values["activity_type"])])
        if problem:
            return None, [problem]
        values["points"] = points
    if wrong:
        return None, [Problem(one.column, one.sentence) for one in wrong]
    return _judged(values, system=system, activity_types=activity_types, terms=terms, on=on)


def _judged(
    values: dict[str, Any],
    *,
    system: CourseSystem,
    activity_types: Mapping[str, ActivityType],
    terms: Mapping[str, Terms],
    on: Any,
) -> tuple[SentCredit | None, list[Problem]]:
    activity_type = activity_types[values["activity_type"]]
    reference = on_record(system, values["reference"])
    credit = CreditRow(
        line=0,
        provider_reference=reference,
        amt_id=values["amt_id"],
        activity_type=activity_type.code,
        starts_on=values["starts_on"],
        ends_on=values.get("ends_on") or values["starts_on"],
        points=values["points"],
        title=values["title"],
    )
    if broken := credit_rows.problems_with(credit, activity_type, terms[activity_type.code], on):
        return None, [Problem(one.column, one.sentence) for one in broken]
    claim = Claim(
        activity_type=activity_type,
        points=credit.points,
        starts_on=credit.starts_on,
        ends_on=credit.ends_on,
        title=credit.title,
        provider=values["provider"] or system.name,
    )
    sent = [credit.amt_id, values["last_name"], claim.digest(())]
    digest = hashlib.sha256(json.dumps(sent).encode()).hexdigest()
    received = Received(reference, credit.amt_id, claim, values["last_name"])
    return SentCredit(values["reference"], digest, received), []


def _points_of(quantity: str, terms: Terms) -> tuple[Decimal, Problem | None]:
    """Return the points that so many units make, or what is wrong with the number."""
    try:
        number = credit_rows.number_of(quantity, what="units")
    except ValueError as error:
        return Decimal(0), Problem("quantity", str(error))
    if terms.points_per_unit is None:
        return Decimal(0), Problem("quantity", "This type is not counted in units. Send the points instead.")
    if problem := claims.problem_with_number(number):
        return Decimal(0), problem
    points = points_for(number, terms.points_per_unit)
    if problem := claims.problem_with_points(points):
        return points, Problem("quantity", f"It makes {points} points. {problem.sentence}")
    return points, None
