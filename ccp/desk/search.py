"""One search over members, by whatever somebody says on the phone or has on paper.

What was typed is looked for as a reference (``CE-…``, ``INV-…``, ``A-…``, the code of a paper), as an
AMT ID, a certificate number and an e-mail address, and as words of a name, in any order and spelling,
or a part of a phone number. If nobody is found, names that sound alike are looked for. Each way is a
query of its own, of an index, and only those ways are asked that the words can mean. A record that
was merged stands for the one that it was merged into.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db.models import Q, QuerySet

from amtportal import clean
from amtportal.members.models import LAST_OR_ONLY_NAME, FormerAmtId, Member, User
from amtportal.members.names import folded
from amtportal.members.search_terms import digits_of, terms_of, typed_words
from amtportal.staff.searching import MOST_PEOPLE
from ccp.audits.models import AuditCase
from ccp.models import Activity, Transcript
from ccp.transcripts import issuing
from certifications.models import Certification, RenewalInvoice
from certifications.models.certifications import PlainNumber

LONGEST = 200
MOST_SHOWN = 50
_REFERENCE = re.compile(r"(CE|INV|A)-?0*([0-9]{1,18})", re.IGNORECASE)
_PLAIN = re.compile(r"[\s-]+")


@dataclass(frozen=True)
class Hit:
    """A member, and by what the member was found."""

    member: Member
    found_by: str


@dataclass(frozen=True)
class Found:
    """``hits`` are the members in the order of their names, ``MOST_SHOWN`` at most.

    ``number``: how many were found. ``is_cut``: so many that they were not all looked at.
    ``by_sound``: nobody has the words in the name, and these sound alike.
    """

    words: str
    hits: list[Hit] = field(default_factory=list)
    number: int = 0
    is_cut: bool = False
    by_sound: bool = False

    @property
    def only(self) -> Member | None:
        """Return the member, if there is only one and the words name the member, and do not only sound alike."""
        return self.hits[0].member if self.number == 1 and not self.by_sound else None


def find(typed: str, *, by: User) -> Found:
    """Return the members whom the words find, as far as this person may see by what."""
    words = clean.line(typed[:LONGEST].replace("\0", " "))  # PostgreSQL takes no NUL in text
    if not words:
        return Found("")
    ways = dict(_exactly(words, by))
    keys = set(ways)
    if not _REFERENCE.fullmatch(words) or not keys:
        keys |= set(Member.objects.keys_found_by(words))
    by_sound = not keys
    if by_sound:
        keys = set(Member.objects.keys_sounding_like(words))
    is_cut = len(keys) > MOST_PEOPLE
    if is_cut and not ways:
        return Found(words, number=MOST_PEOPLE, is_cut=True, by_sound=by_sound)
    among = sorted(ways) if is_cut else sorted(keys)
    members = Member.objects.filter(pk__among=among).select_related("user", "merged_into__user")
    shown = list(members.order_by(LAST_OR_ONLY_NAME, "first_name", "pk")[: MOST_SHOWN + 1])
    said = _by_sound if by_sound else _Words(words, shown).said
    hits: dict[int, Hit] = {}
    for member in shown[:MOST_SHOWN]:
        holder = member.merged_into or member
        found_by = ways.get(member.pk) or said(member)
        if holder is not member:
            found_by = f"{found_by}, of the merged record {member.amt_id}"
        hits.setdefault(holder.pk, Hit(holder, found_by))
    number = len(hits) if len(shown) <= MOST_SHOWN else len(among)
    return Found(words, list(hits.values()), number, is_cut=is_cut, by_sound=by_sound)


def _by_sound(member: Member) -> str:
    return "a name that sounds alike"


def _exactly(words: str, by: User) -> Iterator[tuple[int, str]]:
    """Yield the keys of members whom the words name by a number, and what number it is."""
    for permission, way in _WAYS:
        if by.has_perm(permission):
            yield from islice(way(words), MOST_SHOWN)


def _of_reference(words: str, prefix: str) -> int | None:
    match = _REFERENCE.fullmatch(words)
    return int(match[2]) if match and match[1].upper() == prefix else None


def _entry(words: str) -> Iterable[tuple[int, str]]:
    if (key := _of_reference(words, "CE")) is not None:
        for activity in Activity.objects.filter(pk=key).only("member"):
            yield activity.member_id, f"entry {activity.reference}"


def _invoice(words: str) -> Iterable[tuple[int, str]]:
    if (key := _of_reference(words, "INV")) is not None:
        for invoice in RenewalInvoice.objects.filter(pk=key).select_related("cycle__certification"):
            yield invoice.cycle.certification.member_id, f"invoice {invoice.number}"


def _audit(words: str) -> Iterable[tuple[int, str]]:
    if (key := _of_reference(words, "A")) is not None:
        for case in AuditCase.objects.filter(pk=key).select_related("cycle__certification"):
            yield case.cycle.certification.member_id, f"audit {case.reference}"


def _paper(words: str) -> Iterable[tuple[int, str]]:
    if code := issuing.as_code(words):
        for issue in Transcript.objects.filter(code=code).only("member", "kind", "code"):
            yield issue.member_id, str(issue)


def _amt_id(words: str) -> Iterable[tuple[int, str]]:
    number = clean.identifier(words)
    for key in Member.objects.filter(amt_id=number).values_list("pk", flat=True):
        yield key, f"AMT ID {number}"
    for key in FormerAmtId.objects.filter(amt_id=number).order_by().values_list("member", flat=True).distinct():
        yield key, f"former AMT ID {number}"


def _certificate(words: str) -> Iterable[tuple[int, str]]:
    number = _PLAIN.sub("", words).upper()
    if any(character.isdigit() for character in number):
        certificates = Certification.objects.alias(plain=PlainNumber("certificate_number")).filter(plain=number)
        for certification in certificates.select_related("credential").order_by():
            yield certification.member_id, f"certificate {certification}"


def _roster_address(words: str) -> Iterable[tuple[int, str]]:
    if "@" in words:
        found: QuerySet[Member] = Member.objects.filter(~Q(roster_email=""), roster_email__begins=words.lower())
        for key, address in found.order_by().values_list("pk", "roster_email")[:MOST_SHOWN]:
            yield key, f"{address}, in the roster"


_WAYS: tuple[tuple[str, Callable[[str], Iterable[tuple[int, str]]]], ...] = (
    ("ccp.view_activity", _entry),
    ("certifications.view_renewalinvoice", _invoice),
    ("audits.view_auditcase", _audit),
    ("ccp.view_transcript", _paper),
    ("members.view_member", _roster_address),
    ("certifications.view_certification", _certificate),
    ("members.view_member", _amt_id),
)
"""What a person may see by each way. The last way that finds a member says by what the member was found."""


class _Words:
    """Says by which of a member's names and numbers the words found the member."""

    def __init__(self, words: str, shown: Iterable[Member]) -> None:
        self.words = words
        last, _, first = words.partition(",")
        self.terms = {term for typed in typed_words(f"{first} {last}") for term in typed}
        self.together = folded(words).replace(" ", "")
        self.former: dict[int, list[str]] = {}
        unsaid = [member.pk for member in shown if not self._of_today(member)]
        if unsaid:
            lines = Member.history.filter(id__in=unsaid).order_by()
            for key, *names in lines.values_list("id", "first_name", "last_name").distinct():
                if self._fits(names):
                    self.former.setdefault(key, []).append(" ".join(names).strip())

    def said(self, member: Member) -> str:
        if said := self._of_today(member):
            return said
        if former := self.former.get(member.pk):
            return f"former name {former[0]}"
        return "name and numbers"

    def _of_today(self, member: Member) -> str:
        """Return what the member has today that the words fit; empty if only something of the past fits."""
        if self._fits((member.first_name, member.last_name)):
            return "name"
        if member.user and member.user.email.startswith(self.words.lower()):
            return f"e-mail address {member.user.email}"
        if folded(member.amt_id).replace(" ", "").startswith(self.together):
            return f"AMT ID {member.amt_id}"
        digits = digits_of(self.words)
        if digits and digits in digits_of(member.phone):
            return f"phone {member.phone}"
        return ""

    def _fits(self, names: Iterable[str]) -> bool:
        has = terms_of(names=names, amt_ids=[], phone="")
        return any(term.startswith(self.together) for term in has) or all(
            any(term.startswith(typed) for term in has) for typed in self.terms
        )
