"""Whether a transcript is genuine: what it said, what has changed, and whether a file matches.

Whoever holds the paper has its code. The page shows them what the paper says (name, credential,
cycle, points and status) and how the totals and the status differ now. Of entries made or changed
since then, it shows only how many there are. It does not show the AMT ID, the certificate number
and the entries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import format_day, translated
from amtportal.members.models import Member
from amtportal.prepared import prepared
from ccp.counting import requirement
from ccp.models import Transcript
from ccp.rollover import catching_up
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing, sheets
from certifications.models import Certification, Cycle

# What a file is: issued under this code, issued under another code, or not made by the portal.
FileVerdict = Literal["exact", "other", "unknown"]


@dataclass(frozen=True)
class Correction:
    """What a snapshot says of one correction of a cycle: points, outcome, day, statement and maybe the audit."""

    facts: list[str]

    @property
    def follows_from_audit(self) -> bool:
        return len(self.facts) > 4

    @property
    def sentence(self) -> str:
        points, outcome, signed_on = self.facts[:3]
        figures = {
            "day": format_day(date.fromisoformat(signed_on)),
            "points": points,
            "outcome": str(Cycle.Outcome(outcome).label).lower(),
        }
        if self.follows_from_audit:
            return _("AMT corrected it after an audit on %(day)s: %(points)s points, %(outcome)s.") % figures
        return _("AMT corrected it on %(day)s: %(points)s points, %(outcome)s.") % figures


@dataclass(frozen=True)
class Said:
    """What an issue said about one cycle."""

    figures: dict[str, Any]

    @property
    def credential(self) -> str:
        return f"{translated(self.figures['credential_name'])} ({self.figures['credential']})"

    @property
    def starts_on(self) -> date:
        return date.fromisoformat(self.figures["starts_on"])

    @property
    def ends_on(self) -> date:
        return date.fromisoformat(self.figures["ends_on"])

    @property
    def counted(self) -> Decimal:
        return Decimal(self.figures["counted"])

    @property
    def required(self) -> Decimal:
        return Decimal(self.figures["required"])

    @property
    def to_go(self) -> Decimal:
        return requirement.to_go(counted=self.counted, required=self.required)

    @property
    def requirement_sentence(self) -> str:
        met_on = self.figures["met_on"]
        return sheets.requirement_sentence(
            met_on=date.fromisoformat(met_on) if met_on else None,
            to_go=self.to_go,
            is_closed=bool(self.figures["closed_on"]),
        )

    @property
    def closing_sentence(self) -> str:
        return _closing(self.figures)

    @property
    def corrections(self) -> list[Correction]:
        return [Correction(facts) for facts in self.figures["corrections"]]

    @property
    def status(self) -> str:
        return _status(self.figures)


def _closing(figures: dict[str, Any]) -> str:
    closed_on = figures["closed_on"]
    return sheets.closing_sentence(date.fromisoformat(closed_on) if closed_on else None, figures["outcome"])


def _status(figures: dict[str, Any]) -> str:
    return str(Certification.Status(figures["status"]).label)


def said(issue: Transcript) -> list[Said]:
    return [Said(figures) for figures in issue.snapshot["sheets"]]


def changes(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return what is different now in the totals and the status, as sentences.

    ``then`` and ``now`` are snapshots as ``snapshot`` makes them.
    """
    sentences = [_("The AMT ID has changed since.")] if then["amt_id"] != now["amt_id"] else []
    before = {figures["cycle"]: figures for figures in then["sheets"]}
    several = len(now["sheets"]) > 1
    for figures in now["sheets"]:
        earlier = before.get(figures["cycle"])
        where = f"{figures['credential']}, {format_day(date.fromisoformat(figures['starts_on']))}: " if several else ""
        if earlier is None:
            sentences.append(where + _("this cycle has been opened since."))
        else:
            sentences += [where + sentence for sentence in _differences(earlier, figures)]
    return sentences


def _differences(then: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Yield what differs in one cycle, as sentences."""
    if (then["starts_on"], then["ends_on"]) != (now["starts_on"], now["ends_on"]):
        days = [format_day(date.fromisoformat(now[name])) for name in ("starts_on", "ends_on")]
        yield _("AMT corrected the days of this cycle since: %(first)s to %(last)s.") % {
            "first": days[0],
            "last": days[1],
        }
    if then["counted"] != now["counted"]:
        yield _("%(now)s points count now; they were %(then)s.") % {"now": now["counted"], "then": then["counted"]}
    gone = len(then["entries"].keys() - now["entries"].keys())
    if gone:
        yield ngettext(
            "%(number)s entry on it has been withdrawn or made void since.",
            "%(number)s entries on it have been withdrawn or made void since.",
            gone,
        ) % {"number": gone}
    added = len(now["entries"].keys() - then["entries"].keys())
    if added:
        yield ngettext("%(number)s entry has been added since.", "%(number)s entries have been added since.", added) % {
            "number": added
        }
    if then["met_on"] != now["met_on"]:
        if now["met_on"]:
            yield _("The requirement was met on %(day)s.") % {"day": format_day(date.fromisoformat(now["met_on"]))}
        else:
            yield _("The requirement is no longer met.")
    if now["closed_on"] and not then["closed_on"]:
        yield f"{_closing(now)}."
    for facts in now["corrections"][len(then["corrections"]) :]:
        yield Correction(facts).sentence
    if then["status"] != now["status"]:
        yield _("Certification status: %(now)s now; it was %(then)s.") % {
            "now": _status(now).lower(),
            "then": _status(then).lower(),
        }


@dataclass(frozen=True)
class Finding:
    """An issue with what it said, and how the record differs now.

    A record may have changed although there are no ``changes`` to show.
    """

    issue: Transcript
    said: list[Said]
    is_same: bool
    changes: list[str]

    @property
    def name(self) -> str:
        return str(self.issue.snapshot["name"])

    @property
    def is_history(self) -> bool:
        return self.issue.cycle_id is None


def issued_under(typed: str) -> Transcript | None:
    """Return the issue with a code as people type it; None if there is none.

    Whatever is typed costs one query.
    """
    return next(iter(_issued_under(issuing.as_code(typed))), None)


def issued_as(sha256: str) -> Transcript | None:
    """Return the issue to which a file belongs; None if there is none."""
    return _issues().filter(files__sha256=sha256).first()


def verdict(issue: Transcript, sha256: str) -> FileVerdict:
    """Return what a file is, for somebody who asks about this issue."""
    of_file = issued_as(sha256)
    if of_file is None:
        return "unknown"
    return "exact" if of_file.pk == issue.pk else "other"


def find(issue: Transcript, *, at: datetime) -> Finding:
    """Return the issue beside the record as it is now, after closing the cycles that are due."""
    member = issue.member.merged_into or issue.member
    cycles = _asked(issue, member)
    if catching_up.catch_up(member, at=at, shown=cycles):
        cycles = _asked(issue, member)
    contents = transcripts.Contents(member, sheets.of_cycles(cycles), cycles[0] if issue.cycle_id is not None else None)
    return Finding(
        issue=issue,
        said=said(issue),
        is_same=transcripts.content_hash(contents) == issue.content_hash,
        changes=changes(issue.snapshot, transcripts.snapshot(contents)),
    )


def _asked(issue: Transcript, member: Member) -> list[Cycle]:
    return [cycle for cycle in transcripts.cycles_of(member) if issue.cycle_id in (None, cycle.pk)]


@prepared
def _issued_under(code: str) -> QuerySet[Transcript]:
    return _issues().filter(code=code)


def _issues() -> Any:
    return Transcript.objects.select_related("member__merged_into")
