"""A member's own lines in a draw: the salt that leads to them, the ticket, and what follows."""

from dataclasses import dataclass
from shlex import quote

from django.utils.translation import gettext as _

from amtportal.members.models import Member
from ccp.audits import exclusions, tickets
from ccp.audits.models import Draw, DrawLine, DrawTicket
from certifications.models import Cycle


@dataclass(frozen=True)
class OwnLine:
    """One line of a draw as its member sees it. Before there is a seed, it has no ticket and no place."""

    cycle: Cycle
    line: str
    sentence: str
    salt: str
    tag_command: str
    """What makes the tag in the line, in a shell."""
    ticket: str = ""
    place: str = ""
    ticket_command: str = ""
    """What makes the ticket, in a shell."""


def of(member: Member, draw: Draw) -> list[OwnLine]:
    """Return the lines of the certifications that are the member's now."""
    lines = (
        draw.lines.filter(cycle__certification__member=member)
        .select_related("cycle__certification__credential", "ticket__replacement", "ticket__called_for")
        .order_by("stratum", "pk")
    )
    return [_own(draw, line) for line in lines]


def _own(draw: Draw, line: DrawLine) -> OwnLine:
    ticket: DrawTicket | None = getattr(line, "ticket", None)
    salt = tickets.salt(draw.secret, line.stratum, line.amt_id, line.cycle.number)
    return OwnLine(
        cycle=line.cycle,
        line=line.line,
        sentence=_sentence(draw, line, ticket),
        salt=salt,
        tag_command=_hashed(salt, line.amt_id),
        ticket=ticket.ticket if ticket else "",
        place=f"{ticket.place:,}" if ticket else "",
        ticket_command=_hashed(draw.seed, line.line) if ticket else "",
    )


def _hashed(first: str, second: str) -> str:
    return f"printf '%s:%s' {quote(first)} {quote(second)} | sha256sum"


def _sentence(draw: Draw, line: DrawLine, ticket: DrawTicket | None) -> str:
    """Return what the draw says of the line."""
    if line.excluded:
        return str(exclusions.SENTENCES[line.excluded])
    if ticket is None:
        return _("Nobody is drawn yet: the seed is still to come.")
    if hasattr(ticket, "replacement"):
        return _("It was drawn, and it is not audited, because AMT replaced it by a substitute.")
    if hasattr(ticket, "called_for"):
        return _("It was not among the first that were drawn, but it was called as a substitute. AMT audits it.")
    return _("It was drawn. AMT audits it.") if ticket.is_drawn else _("It was not drawn. AMT does not audit it.")
