"""What was found on a certificate, field by field of Record CE.

A field with one candidate is filled in, one with several is a choice, one with none stays empty.
Two candidates are never weighed against each other: the member knows which one is right.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FIELDS = ("activity_type", "title", "provider", "quantity", "points", "starts_on", "ends_on")
MOST_CANDIDATES = 6
MOST_LETTERS = 200
MOST_CROP = 40_000  # bytes
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Spot:
    """A rectangle on a page, which is counted from 0. Its sides are fractions of the page, 0 to 1."""

    page: int
    left: float
    top: float
    right: float
    bottom: float

    def with_(self, other: "Spot") -> "Spot":
        """Return the smallest rectangle around both, which are on the same page."""
        return Spot(
            self.page,
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True)
class Candidate:
    """A value for a field.

    - ``value``: as the field of the form takes it: an ISO date, a number, the code of an activity
      type, or text
    - ``said``: the words of the certificate
    - ``crop``: the piece of the page on which they stand, as PNG; empty if there is none
    - ``is_sure``: whether it fills in the field by itself, or is only offered
    """

    value: str
    said: str = ""
    crop: bytes = field(default=b"", repr=False)
    spot: Spot | None = None
    is_sure: bool = True


@dataclass(frozen=True)
class Found:
    """The candidates by field. ``unit`` is the ``ActivityUnit`` of the quantity, empty without one.

    The points are those that the certificate names, or those that its contact hours or CEU make.
    """

    candidates: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    unit: str = ""

    def __getitem__(self, name: str) -> tuple[Candidate, ...]:
        return self.candidates.get(name, ())

    def __bool__(self) -> bool:
        return any(self.candidates.values())

    def values(self, name: str) -> list[str]:
        return [candidate.value for candidate in self[name]]

    def to_json(self) -> dict[str, Any]:
        """Return it as objects, lists, numbers and text, as JSON has them."""
        return {
            "unit": self.unit,
            "candidates": {
                name: [_candidate_to_json(candidate) for candidate in candidates]
                for name, candidates in self.candidates.items()
                if candidates
            },
        }

    @classmethod
    def from_json(cls, data: Any) -> "Found":
        """Return what ``to_json`` wrote. Raises ``ValueError`` for anything else.

        The process that opened a file that harms is not trusted, so sizes and kinds are checked.
        """
        try:
            candidates = {
                name: tuple(_candidate_from_json(candidate) for candidate in data["candidates"].get(name, ()))
                for name in FIELDS
            }
            unit = data["unit"]
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError("this is not what was found on a certificate") from problem
        if (
            not isinstance(unit, str)
            or len(unit) > MOST_LETTERS
            or max(map(len, candidates.values())) > MOST_CANDIDATES
        ):
            raise ValueError("more is found than can be")
        return cls({name: found for name, found in candidates.items() if found}, unit)


def _candidate_to_json(candidate: Candidate) -> dict[str, Any]:
    spot = candidate.spot
    return {
        "value": candidate.value,
        "said": candidate.said,
        "crop": b64encode(candidate.crop).decode("ascii"),
        "spot": [spot.page, spot.left, spot.top, spot.right, spot.bottom] if spot else None,
        "is_sure": candidate.is_sure,
    }


def _candidate_from_json(data: Any) -> Candidate:
    value, said, crop = data["value"], data["said"], b64decode(data["crop"], validate=True)
    if not (isinstance(value, str) and isinstance(said, str)) or max(len(value), len(said)) > MOST_LETTERS:
        raise ValueError("a value is text of bounded length")
    if len(crop) > MOST_CROP or (crop and not crop.startswith(PNG)):
        raise ValueError("a piece of the page is a small PNG")
    return Candidate(value, said, crop, _spot_from_json(data["spot"]), is_sure=data["is_sure"] is True)


def _spot_from_json(data: Any) -> Spot | None:
    if data is None:
        return None
    page, *sides = data
    left, top, right, bottom = (min(1.0, max(0.0, float(side))) for side in sides)
    return Spot(int(page), left, top, right, bottom)
