"""What staff need to know of a member while the member is on the phone, and nothing that takes long.

Of each certification: the figures, the answer to "Why can't I pay?", for each entry that counts for
less than it claims the answer to "Why do only 12 count?", and what comes next. The figures and the
sentences are those that the member's pages show (``ccp.standing``); this module puts them together
in a fixed number of queries. Each part is left out for whoever may not see its records.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Q

from amtportal.formatting import dollars, format_day, format_moment, format_points
from amtportal.members.models import BouncingAddress, FormerAmtId, Member, User
from ccp.counting import credits, reasons
from ccp.counting.points import Entry
from ccp.counting.terms import Catalogue, catalogue
from ccp.desk import notes
from ccp.desk.models import Note
from ccp.models import Credit
from ccp.notices.models import NoticeMail, Preference
from ccp.standing import standing, status, steps
from ccp.standing.standing import Standing
from certifications.invoice_standing import InvoiceStanding
from certifications.models import Certification
from certifications.quarters import ZERO

NEWEST = 3
"""How many notes and mails the page shows; the others are on their tabs."""


@dataclass(frozen=True)
class Less:
    """An entry that counts for less than it claims in a cycle, and why, with the cap and the figures."""

    entry: int
    reference: str
    heading: str
    claimed: Decimal | None
    counted: Decimal
    why: str


@dataclass(frozen=True)
class Card:
    """A certification on the page of its member. ``why_not_paid`` answers "Why can't I pay?"."""

    standing: Standing
    facts: list[str]
    tone: str
    sentence: str
    next: list[str]
    why_not_paid: str
    less: list[Less] = field(default_factory=list)

    @property
    def claimed(self) -> Decimal:
        """Return the points that the standing entries claim in the cycle: what counts, and what is cut."""
        return self.standing.counted + sum(
            ((each.claimed or ZERO) - each.counted for each in self.less if each.claimed), ZERO
        )


@dataclass(frozen=True)
class Overview:
    member: Member
    identity: list[tuple[str, str]]
    contact: list[tuple[str, str]]
    account: list[tuple[str, str]]
    cards: list[Card]
    without_cycle: list[Certification]
    notes: list[Note]
    mails: list[NoticeMail]


def of(member: Member, *, by: User, at: datetime) -> Overview:
    """Return the overview of a member, for this person, after closing the member's cycles that are due."""
    may = by.has_perm
    return Overview(
        member=member,
        identity=_identity(member),
        contact=_contact(member),
        account=_account(member) if may("members.view_user") else [],
        cards=_cards(member, by, at) if may("certifications.view_certification") else [],
        without_cycle=_without_cycle(member) if may("certifications.view_certification") else [],
        notes=list(notes.of(member)[: NEWEST + 1]) if may("desk.view_note") else [],
        mails=_mails(member) if may("notices.view_noticemail") else [],
    )


def _identity(member: Member) -> list[tuple[str, str]]:
    former = FormerAmtId.objects.filter(Q(member=member) | Q(member__merged_into=member)).order_by("-changed_at")
    merged = Member.objects.filter(merged_into=member).order_by("pk")
    facts = [("AMT ID", member.amt_id)]
    if member.died_on:
        facts.append(("Died", format_day(member.died_on)))
    if numbers := [row.amt_id for row in former]:
        facts.append(("Former AMT IDs", ", ".join(dict.fromkeys(numbers))))
    if records := [row.amt_id for row in merged]:
        facts.append(("Merged records", ", ".join(records)))
    if member.merged_into:
        facts.append(("Merged into", str(member.merged_into)))
    if member.erased_on:
        facts.append(("Erased by law", format_day(member.erased_on)))
    return facts


def _contact(member: Member) -> list[tuple[str, str]]:
    lines = [
        member.address_line1,
        member.address_line2,
        " ".join(filter(None, [", ".join(filter(None, [member.city, member.state])), member.postal_code])),
        member.country,
    ]
    facts = [("Phone", member.phone or "none on record")]
    facts.append(("Address", ", ".join(filter(None, lines)) or "none on record"))
    preference = Preference.objects.filter(member=member).first()
    language = (preference and preference.language) or (member.user and member.user.language) or ""
    facts.append(("Mail is written in", {"es": "Spanish", "en": "English"}.get(language, "English (not chosen)")))
    return facts


def _account(member: Member) -> list[tuple[str, str]]:
    """Return what opens the account and when it was opened last, never a secret."""
    account = member.user
    if account is None:
        if member.roster_email:
            return [("Sign-in", f"none: {member.roster_email}, in the roster, is another account’s")]
        return [("Sign-in", "none: no address on record")]
    facts = [("E-mail address", account.email)]
    if account.mail_comes_back:
        mark = BouncingAddress.objects.filter(email=account.email, cleared_at=None).first()
        facts.append(("Mail", f"comes back: {mark.reason}" if mark else "comes back"))
    proved = EmailAddress.objects.filter(user=account, email=account.email, verified=True).exists()
    if not account.is_active:
        state = "closed"
    elif not account.has_usable_password() and not account.last_login:
        state = "not activated yet"
    else:
        state = "open" if proved else "open, address not proved"
    facts.append(("Account", state))
    facts.append(("Last sign-in", format_moment(account.last_login) if account.last_login else "never"))
    kinds = Authenticator.objects.filter(user=account).exclude(type=Authenticator.Type.RECOVERY_CODES)
    names = {Authenticator.Type.TOTP: "authenticator app", Authenticator.Type.WEBAUTHN: "passkey"}
    factors = sorted({str(names.get(kind, kind)) for kind in kinds.values_list("type", flat=True)})
    facts.append(("Second factor", ", ".join(factors) or "none"))
    return facts


def _mails(member: Member) -> list[NoticeMail]:
    return list(NoticeMail.objects.filter(member=member).order_by("-on", "-pk").defer("text")[:NEWEST])


def _without_cycle(member: Member) -> list[Certification]:
    """Return the certifications that have no cycle: there is nothing to count yet."""
    none = Certification.objects.filter(member=member, cycles=None).select_related("credential")
    return list(none.order_by("awarded_on", "pk"))


def _cards(member: Member, by: User, at: datetime) -> list[Card]:
    shown = standing.caught_up(member, at=at)
    less = less_than_claimed(shown) if by.has_perm("ccp.view_activity") else {}
    may_see_fees = by.has_perm("certifications.view_renewalinvoice")
    cards = []
    for each in shown:
        said = status.status_of(each)
        cards.append(
            Card(
                standing=each,
                facts=said.facts,
                tone=said.tone,
                sentence=said.sentence,
                next=[step.sentence for step in steps.steps_of(each)],
                why_not_paid=why_not_paid(each) if may_see_fees else "",
                less=less.get(each.cycle.pk, []),
            )
        )
    return cards


def why_not_paid(standing: Standing) -> str:
    """Return the answer to "Why can't I pay?": what can be paid now, or why the invoice of the year cannot."""
    current = standing.current
    payable = [owed for owed in [*standing.reopened, *standing.invoices] if owed.is_payable]
    said = [_can_be_paid(owed) for owed in payable]
    if current not in payable:
        said.append(_why_not(standing, current))
    return " ".join(said)


def _why_not(standing: Standing, current: InvoiceStanding | None) -> str:
    if current is None:
        return "There is no invoice for this year of the cycle."
    if current.state == "paid":
        following = next((owed for owed in standing.invoices if owed.invoice.year > current.invoice.year), None)
        said = f"Year {current.invoice.year}, {current.invoice.number}: {current.state_in_words.lower()}."
        return f"{said} {_named(following)}: {following.reason}" if following else said
    return f"{_named(current)}: {current.reason}"


def _named(owed: InvoiceStanding) -> str:
    return f"Year {owed.invoice.year}, {owed.invoice.number}"


def _can_be_paid(owed: InvoiceStanding) -> str:
    due = owed.late_pay_by or owed.invoice.due_on
    late = ", overdue" if owed.overdue else ""
    return f"It can be paid now: {_named(owed)}, {dollars(owed.invoice.amount)}, due {format_day(due)}{late}."


def less_than_claimed(standings: Sequence[Standing]) -> dict[int, list[Less]]:
    """Return, by the key of the cycle, the entries that count for less than they claim; one query, and the terms.

    Entries that were withdrawn or void, and cycles for which an entry is no longer claimed, are not
    among them: they claim nothing.
    """
    cut = Credit.objects.filter(cycle__in=[each.cycle.pk for each in standings]).exclude(
        cut__in=[Credit.Cut.UNCLAIMED, Credit.Cut.NOT_STANDING]
    )
    cut = cut.filter(~Q(cut=Credit.Cut.NONE) | Q(activity__points=None))
    found = cut.select_related("activity__activity_type__category").order_by("activity__starts_on", "activity")
    less: dict[int, list[Less]] = defaultdict(list)
    known = catalogue()
    for credit in found:
        activity = credit.activity
        less[credit.cycle_id].append(
            Less(
                entry=activity.pk,
                reference=activity.reference,
                heading=activity.heading,
                claimed=activity.points,
                counted=credit.points,
                why=_why(credit, known),
            )
        )
    return less


def _why(credit: Credit, known: Catalogue) -> str:
    """Return why the entry counts for less, with the cap, and how much of it earlier entries use."""
    activity = credit.activity
    if activity.awaits_points:
        return "AMT has not set its points yet: it counts from the day on which it does."
    entry: Entry = credits.entry(activity, known)
    cap, of_what = {
        Credit.Cut.TYPE_CAP: (entry.type_cap, f"the type “{activity.activity_type.name}”"),
        Credit.Cut.CATEGORY_CAP: (entry.category_cap, f"the category “{activity.activity_type.category.name}”"),
    }.get(Credit.Cut(credit.cut), (None, ""))
    if cap is None:
        return str(reasons.CUT_SENTENCES[Credit.Cut(credit.cut)])
    used = cap - credit.points
    sentence = f"Of {of_what}, at most {format_points(cap)} points count in one cycle"
    if used <= 0:
        return f"{sentence}."
    left = "none is left" if credit.points == 0 else f"{format_points(credit.points)} are left"
    return f"{sentence}. Entries of earlier days use {format_points(used)}, so {left}."
