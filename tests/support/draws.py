"""Closed cycles, and draws of them."""

from collections.abc import Mapping
from datetime import date
from itertools import count
from typing import Any

from amtportal.database import know_again
from amtportal.members.models import Member, User
from ccp.audits import draws
from ccp.audits.models import Draw
from certifications.models import Certification, Cycle
from tests.support.builders import TODAY, make_certification, make_member, make_user, noon

YEAR = TODAY.year - 1
SEED = "3 1 4 1 5 2 6 5"
WITNESSES = ("Ana Torres", "Bo Ek")
_amt_ids = count(2200001)


def make_closed(member: Member | None = None, *, credential: str = "RMA", **fields: Any) -> Cycle:
    """Return a certification's cycle 1 that closed as compliant on 5/1/2025, with 32 points."""
    certified = {name: fields.pop(name) for name in ("status", "ccp_mandatory") if name in fields}
    certification = make_certification(
        member or make_member(amt_id=str(next(_amt_ids))),
        credential=credential,
        awarded_on=date(YEAR - 3, 5, 1),
        **certified,
    )
    return Cycle.objects.create(
        **{
            "certification": certification,
            "number": 1,
            "starts_on": date(YEAR - 3, 5, 1),
            "ends_on": date(YEAR, 4, 30),
            "points_required": 30,
            "requirement_met_on": date(YEAR, 3, 1),
            "closed_on": date(YEAR, 5, 1),
            "outcome": "compliant",
            "points_at_close": 32,
            "mandatory_at_close": True,
            **fields,
        }
    )


def make_many(number: int, *, credential: str = "RMA") -> None:
    """Store this many members with a cycle that closed as compliant, in five statements."""
    first = make_closed(credential=credential)
    members = Member.objects.bulk_create(
        Member(amt_id=str(next(_amt_ids)), first_name="Ada", last_name=f"Lane {place}") for place in range(number - 1)
    )
    held = first.certification
    certifications = Certification.objects.bulk_create(
        Certification(
            member=member,
            credential_id=held.credential_id,
            certificate_number=f"M{member.amt_id}",
            awarded_on=held.awarded_on,
        )
        for member in members
    )
    columns = {
        field.attname: getattr(first, field.attname)
        for field in Cycle._meta.concrete_fields
        if field.attname not in ("id", "certification_id")
    }
    Cycle.objects.bulk_create(Cycle(certification=held, **columns) for held in certifications)
    know_again(Member, Certification, Cycle)


def terms(**changed: Any) -> draws.Terms:
    given = {
        "year": YEAR,
        "share": 10,
        "at_least": 5,
        "spared_cycles": 1,
        "seed_kind": "dice",
        "seed_named": "Eight dice, thrown at the board meeting of March 20",
    }
    return draws.Terms(**{**given, **changed})


def freeze(*, by: User | None = None, reasons: Mapping[str, str] | None = None, **changed: Any) -> Draw:
    return draws.freeze(
        terms=terms(**changed), reasons=reasons or {}, by=by or make_user(is_staff=True), at=noon(TODAY)
    )


def draw_with(member: Member) -> Draw:
    """Return a draw of last year with a line of the member, who holds another credential besides."""
    make_closed(member, credential="CMAS")
    return enter_seed(freeze())


def enter_seed(draw: Draw, *, seed: str = SEED, **changed: Any) -> Draw:
    given = {"source": "Rosemont, March 14, 10:00", "witnesses": WITNESSES, "by": draw.frozen_by, "at": noon(TODAY)}
    return draws.enter_seed(draw=draw, seed=seed, **{**given, **changed})
