"""What counts as which activity type, and for how much, as a part of the page Record CE.

The part is long, and the same for everybody who is offered the same types. It is rendered once for
the same words and figures, all of which are in the key: a change is in the very next page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from ccp.counting.terms import CategoryOffer, Offer, Terms

MOST_KEPT = 50


@dataclass(frozen=True)
class Kind:
    """An activity type as the part shows it."""

    code: str
    name: str
    guidance: str
    documents: str
    retired_on: date | None
    credential_codes: tuple[str, ...]
    terms: Terms


@dataclass(frozen=True)
class Group:
    """A category as the part shows it. ``not_offered``: why others of its types are not in the list."""

    code: str
    name: str
    guidance: str
    cap: Decimal | None
    kinds: tuple[Kind, ...]
    not_offered: tuple[str, ...]


def groups(guidance: Iterable[tuple[CategoryOffer, list[str]]], on: date) -> SafeString:
    """Return the categories with their types, and why others are not offered."""
    shown = (
        Group(
            code=offered.category.code,
            name=offered.category.name,
            guidance=offered.category.guidance,
            cap=offered.cap,
            kinds=tuple(map(_kind, offered.offers)),
            not_offered=tuple(reasons),
        )
        for offered, reasons in guidance
    )
    return _rendered(get_language(), tuple(shown), on)


def _kind(offer: Offer) -> Kind:
    activity_type = offer.activity_type
    return Kind(
        code=activity_type.code,
        name=activity_type.name,
        guidance=activity_type.guidance,
        documents=activity_type.documents,
        retired_on=activity_type.retired_on,
        credential_codes=tuple(activity_type.credential_codes),
        terms=offer.terms,
    )


@lru_cache(maxsize=MOST_KEPT)
def _rendered(language: str, shown: tuple[Group, ...], on: date) -> SafeString:
    return render_to_string("ccp/recording/_kinds.html", {"groups": shown, "on": on})
