"""Papers that a member shows to others: the digital card, the letter of good standing, the certificate of completion.

- A card and a letter say what AMT tells others about one certification (``certifications.validity``).
  A certificate of completion says that the requirement of one cycle is met.
- They are issued like transcripts (``ccp.transcripts.issuing``): the same record once, under a code
  by which anyone can check it at ``/verify/``. The letter has one issue for both wordings and both
  languages, because it says the same in each. Each file is noted.
- What is printed comes from the stored snapshot and nothing else, and whoever checks it reads the
  same: no more and no less.
- A card is issued for a certification in any status and says which. A letter needs good standing:
  in force, the requirement of a cycle that has ended is met, and no annual fee is overdue.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal.dates import day_of
from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.formatting import format_day, format_points, translated
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.models import User
from ccp.models import Transcript
from ccp.models.transcripts import PaperKind
from ccp.rollover import catching_up
from ccp.transcripts import issuing
from certifications import cycles as cycle_rules
from certifications.models import Certification, Cycle, CycleCorrection, RenewalInvoice
from certifications.validity import Validity, of_certifications, status_in_words

NAME, CERTIFICATION = gettext_lazy("Name"), gettext_lazy("Certification")
TEMPLATES = {
    PaperKind.CARD: "ccp/transcripts/card_document.html",
    PaperKind.LETTER: "ccp/transcripts/letter_document.html",
    PaperKind.COMPLETION: "ccp/transcripts/completion_document.html",
}
FILE_NAMES = {PaperKind.CARD: "AMT-card", PaperKind.LETTER: "AMT-letter", PaperKind.COMPLETION: "AMT-completion"}


class Wording(models.TextChoices):
    """To whom a letter is written. It says the same to both."""

    MEMBER = "member", gettext_lazy("To you")
    EMPLOYER = "employer", gettext_lazy("To your employer")


@dataclass(frozen=True)
class Record:
    """What a paper would say now. The certification's member and credential are loaded."""

    kind: PaperKind
    certification: Certification
    cycle: Cycle | None
    snapshot: dict[str, Any]

    @property
    def content_hash(self) -> str:
        """Return the SHA-256 of the kind and of what is said."""
        record = json.dumps([self.kind, self.snapshot], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(record.encode()).hexdigest()

    def typed(self) -> list[tuple[str, str]]:
        """Return all text that somebody typed, each after the name of its place."""
        certification = " ".join(self.snapshot[name] for name in ("credential_name", "credential", "certificate"))
        return [(str(NAME), self.snapshot["name"]), (str(CERTIFICATION), certification)]


@dataclass(frozen=True)
class Said:
    """What a paper says, from its snapshot, in the active language."""

    figures: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.figures["name"])

    @property
    def code(self) -> str:
        return str(self.figures["credential"])

    @property
    def credential_name(self) -> str:
        return translated(self.figures["credential_name"])

    @property
    def certificate(self) -> str:
        return str(self.figures["certificate"])

    @property
    def awarded_on(self) -> date:
        return date.fromisoformat(self.figures["awarded_on"])

    # A card and a letter

    @property
    def is_in_force(self) -> bool:
        return self.figures["status"] in Certification.IN_FORCE

    @property
    def status(self) -> str:
        return status_in_words(self.figures["status"], _day(self.figures.get("probation")))

    @property
    def until(self) -> str:
        """Return until when it is valid, in words; empty if it is not in force."""
        if not self.is_in_force:
            return ""
        if self.figures["until"]:
            return format_day(date.fromisoformat(self.figures["until"]))
        return _("Its renewal is under way") if self.figures["mandatory"] else _("No end day")

    @property
    def left_on(self) -> date | None:
        return _day(self.figures["left_on"])

    # A certificate of completion

    @property
    def starts_on(self) -> date:
        return date.fromisoformat(self.figures["starts_on"])

    @property
    def ends_on(self) -> date:
        return date.fromisoformat(self.figures["ends_on"])

    @property
    def required(self) -> Decimal:
        return Decimal(self.figures["required"])

    @property
    def met_on(self) -> date | None:
        return _day(self.figures["met_on"])

    @property
    def is_complete(self) -> bool:
        return bool(self.figures["complete"])


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _iso(day: date | None) -> str | None:
    return str(day) if day else None


# What would be said now


def _about(certification: Certification) -> dict[str, Any]:
    return {
        "certification": certification.pk,
        "name": certification.member.name,
        "credential": certification.credential.code,
        "credential_name": certification.credential.name,
        "certificate": certification.certificate_number,
        "awarded_on": str(certification.awarded_on),
    }


def of_standing(kind: PaperKind, validity: Validity) -> Record:
    """Return what a card or a letter would say."""
    certification = validity.certification
    snapshot = _about(certification) | {
        "status": certification.status,
        "until": _iso(validity.until),
        "left_on": _iso(validity.left_on),
        "mandatory": certification.ccp_mandatory,
    }
    if validity.probation_until:
        snapshot["probation"] = _iso(validity.probation_until)
    return Record(kind, certification, None, snapshot)


def of_completion(cycle: Cycle) -> Record:
    """Return what the certificate of a cycle would say. ``complete``: whether AMT would issue it."""
    snapshot = _about(cycle.certification) | {
        "cycle": cycle.pk,
        "starts_on": str(cycle.starts_on),
        "ends_on": str(cycle.ends_on),
        "required": format_points(cycle.points_required),
        "met_on": _iso(cycle.requirement_met_on),
        "complete": is_complete(cycle),
    }
    return Record(PaperKind.COMPLETION, cycle.certification, cycle, snapshot)


def is_complete(cycle: Cycle) -> bool:
    """Return whether the requirement of the cycle is met.

    A closed cycle is judged as AMT last corrected it. If CCP is voluntary in it, the cycle closes as
    compliant without points, so its points decide. One query for a closed cycle.
    """
    if cycle.closed_on is None:
        return cycle.requirement_met_on is not None
    outcome, points = cycle.outcome, cycle.points_at_close
    if correction := CycleCorrection.objects.filter(cycle=cycle).order_by("signed_at", "pk").last():
        outcome, points = correction.outcome, correction.points
    is_reached = points is not None and points >= cycle.points_required
    return outcome == Cycle.Outcome.COMPLIANT and (cycle.is_mandatory or is_reached)


@dataclass(frozen=True)
class Refusal:
    """Why there is no letter or no certificate, and what to do. ``invoice``: the one to be paid."""

    sentence: str
    what_to_do: str
    invoice: RenewalInvoice | None = None


def why_no_letter(validity: Validity, on: date) -> Refusal | None:
    """Return why the certification is not in good standing; None if it is. At most one query."""
    certification, cycle = validity.certification, validity.cycle
    about = {"code": certification.credential.code, "status": certification.get_status_display().lower()} | ASSOCIATION
    if not validity.is_in_force:
        if certification.status in (Certification.Status.REVOKED, Certification.Status.ENDED):
            what_to_do = _("If you have a question, call AMT at %(phone)s.")
        else:
            what_to_do = _("To ask how it can be reinstated, call AMT at %(phone)s.")
        return Refusal(
            _("Your %(code)s certification is %(status)s and not in force, so it is not in good standing.") % about,
            what_to_do % about,
        )
    if validity.probation_until:
        about |= {"until": format_day(validity.probation_until)}
        return Refusal(
            _("Your %(code)s certification is in force, on probation until %(until)s.") % about,
            _("Until then AMT writes no letter of good standing for it. If you have a question, call AMT at %(phone)s.")
            % about,
        )
    if cycle and certification.ccp_mandatory and cycle.requirement_met_on is None and cycle.ends_on < on:
        about |= {"end": format_day(cycle.ends_on), "last": format_day(cycle_rules.grace_ends_on(cycle))}
        what_to_do = _("Record the points that are missing by %(last)s. Then ask for the letter again.")
        if on > cycle_rules.grace_ends_on(cycle):
            what_to_do = _("AMT has not set the points of an entry yet. Ask for the letter again once it has.")
        return Refusal(
            _("Your %(code)s cycle ended on %(end)s, and its CCP requirement is not met yet.") % about,
            what_to_do % about,
        )
    overdue = RenewalInvoice.objects.filter(
        cycle__certification=certification,
        cycle__closed_on=None,
        status=RenewalInvoice.Status.ISSUED,
        due_on__lt=on,
    )
    if invoice := overdue.order_by("due_on").first():
        about |= {"year": invoice.year, "due": format_day(invoice.due_on)}
        return Refusal(
            _("The year-%(year)s fee of your %(code)s certification was due on %(due)s and is not paid.") % about,
            _("Pay it. The letter is ready as soon as the payment is on record."),
            invoice,
        )
    return None


def why_no_certificate(cycle: Cycle) -> Refusal:
    """Return why a cycle that is not complete has no certificate."""
    about = {
        "code": cycle.certification.credential.code,
        "points": format_points(cycle.points_required),
        "first": format_day(cycle.starts_on),
        "last": format_day(cycle.ends_on),
    } | ASSOCIATION
    sentence = _("The CCP requirement of your %(code)s cycle %(first)s to %(last)s (%(points)s points) is not met.")
    if cycle.closed_on:
        what_to_do = _("The cycle is closed. If you have a question, call AMT at %(phone)s.") % about
    else:
        what_to_do = _("Record the points that are missing. Then the certificate is ready at once.")
    return Refusal(sentence % about, what_to_do)


# Issuing


def issue(record: Record, *, by: User, at: datetime) -> Transcript:
    return issue_all([record], by=by, at=at)[0]


def issue_all(records: Sequence[Record], *, by: User, at: datetime) -> list[Transcript]:
    """Return the issue of each record, in their order: the existing one, or a new one.

    One query if all exist. Raises ``Unprintable`` if no font has a character of one of them.
    """
    typed = [text for record in records for text in record.typed()]
    if fonts.wanting(text for _place, text in typed):
        fonts.check(typed)
    hashes = [record.content_hash for record in records]
    issued = {one.content_hash: one for one in Transcript.objects.filter(content_hash__in=hashes)}
    return [issued.get(sha256) or _new(record, sha256, by, at) for record, sha256 in zip(records, hashes, strict=True)]


def _new(record: Record, content_hash: str, by: User, at: datetime) -> Transcript:
    try:
        with transaction.atomic():
            return Transcript.objects.create(
                kind=record.kind,
                content_hash=content_hash,
                member=record.certification.member,
                certification=record.certification,
                cycle=record.cycle,
                code=issuing.new_code(),
                snapshot=record.snapshot,
                issued_at=at,
                issued_by=by,
            )
    except IntegrityError:  # somebody else issued it in the meantime
        return Transcript.objects.get(content_hash=content_hash)


def qr_title() -> str:
    """Return what a screen reader says of the QR code, with a place for the address."""
    return _("QR code of %(address)s")


def pdf(issue: Transcript, *, language: str, at: datetime, wording: str = "") -> bytes:
    """Return the paper as PDF/UA-1, in that language. The same issue, language and wording give the same bytes."""
    with translation.override(language):
        title = qr_title()
    address = issuing.check_address(issue)
    drawn = documents.Drawn(f"qr {issuing.SEGNO} {title % {'address': address}}", lambda: issuing.qr(issue, title))
    context = {
        "issue": issue,
        "said": Said(issue.snapshot),
        "qr": drawn.place,
        "wording": wording,
        "association": ASSOCIATION,
        **issuing.places(),
    }
    content = documents.pdf(documents.html_of(TEMPLATES[PaperKind(issue.kind)], context, language=language), drawn)
    issuing.note_file(issue, content, at=at)
    return content


def filename(issue: Transcript) -> str:
    """Return the file name, for example ``AMT-letter-RMA-2026-11-30.pdf``. The day is the day of issue."""
    return documents.filename(
        FILE_NAMES[PaperKind(issue.kind)], issue.snapshot["credential"], issue.issued_on.isoformat()
    )


# Checking


@dataclass(frozen=True)
class Finding:
    """A paper with what it said, and what is true now."""

    issue: Transcript
    said: Said
    now: Said
    is_same: bool
    changes: list[str]

    @property
    def kind(self) -> str:
        return str(self.issue.get_kind_display())


def find(issue: Transcript, *, at: datetime) -> Finding:
    """Return the paper beside the record as it is now, after closing the cycles that are due."""
    on = day_of(at)
    held = Certification.objects.select_related("member", "credential")
    certification = held.get(papers=issue)
    if catching_up.catch_up(certification.member, at=at):
        certification = held.get(papers=issue)
    kind = PaperKind(issue.kind)
    is_refused = False
    if kind == PaperKind.COMPLETION:
        cycle = Cycle.objects.get(transcripts=issue)
        cycle.certification = certification
        record = of_completion(cycle)
    else:
        [validity] = of_certifications([certification], on)
        record = of_standing(kind, validity)
        is_refused = kind == PaperKind.LETTER and why_no_letter(validity, on) is not None
    then, now = Said(issue.snapshot), Said(record.snapshot)
    changes = _changes(kind, then, now)
    if is_refused:
        changes.append(_("The certification is not in good standing now."))
    is_same = not is_refused and record.content_hash == issue.content_hash
    return Finding(issue=issue, said=then, now=now, is_same=is_same, changes=changes)


def _changes(kind: PaperKind, then: Said, now: Said) -> list[str]:
    """Return what is different now in what the paper says, as sentences."""
    sentences = []
    if kind == PaperKind.COMPLETION:
        if not now.is_complete:
            sentences.append(_("The requirement is no longer met."))
        elif then.met_on != now.met_on and now.met_on:
            sentences.append(_("The requirement was met on %(day)s.") % {"day": format_day(now.met_on)})
    else:
        if then.status != now.status:
            sentences.append(
                _("Certification status: %(now)s now; it was %(then)s.")
                % {"now": now.status.lower(), "then": then.status.lower()}
            )
        if now.is_in_force and then.until != now.until:
            sentences.append(_("Valid until: %(until)s") % {"until": now.until})
    return sentences
