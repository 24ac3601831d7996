"""What each letter says: pure functions of the facts of a case, in the active language."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import as_count, format_day, format_points
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.mail.layout import Button, Part
from ccp.audits.letters.text import Words
from ccp.audits.models import CaseOutcome, LetterKind


@dataclass(frozen=True)
class Entry:
    """An entry of the case. ``verdict``: that of AMT in words, once there is one; ``why`` it is so."""

    reference: str
    heading: str
    ends_on: date
    points: Decimal
    is_proven: bool = False
    proven: Decimal = Decimal(0)
    verdict: str = ""
    why: str = ""


@dataclass(frozen=True)
class Facts:
    """What a letter is about.

    ``due_on``: the last day of the move that follows. ``address``: that of the audit's page.
    ``drawn_from``: the year whose closed cycles were drawn from; none for an audit for ``cause``.
    ``reason``: what the letter's step was done for, in the words of whoever did it.
    """

    reference: str
    name: str
    amt_id: str
    code: str
    starts_on: date
    ends_on: date
    written_on: date
    address: str
    due_on: date | None = None
    drawn_from: int | None = None
    cause: str = ""
    entries: Sequence[Entry] = ()
    reason: str = ""
    is_granted: bool = False
    is_by_portal: bool = False
    wanted_on: date | None = None
    outcome: str = ""
    no_proof: bool = False
    points: Decimal | None = None
    points_required: Decimal = Decimal(0)
    points_at_close: Decimal = Decimal(0)
    appealed_for: str = ""
    appeal_result: str = ""

    @property
    def needed(self) -> list[Entry]:
        return [entry for entry in self.entries if not entry.is_proven]


def words(kind: str, facts: Facts) -> Words:
    """Return a letter of that kind."""
    subject, parts = _SAYING[LetterKind(kind)](facts)
    values = _values(facts)
    about = Part(
        (),
        facts=[
            (_("Audit"), facts.reference),
            (_("Date"), format_day(facts.written_on)),
            (_("AMT ID"), facts.amt_id),
            (_("Cycle"), _("%(code)s, %(first)s to %(last)s") % values),
        ],
    )
    return Words(
        subject=subject % values,
        greeting=_("Dear %(name)s:") % {"name": facts.name},
        parts=[about, *parts],
        why=_(
            "You get this letter because AMT audits your record. The portal keeps it with the audit. Letters of this "
            "kind cannot be switched off."
        ),
    )


def _values(facts: Facts) -> dict[str, object]:
    return {
        "reference": facts.reference,
        "code": facts.code,
        "first": format_day(facts.starts_on),
        "last": format_day(facts.ends_on),
        "day": format_day(facts.due_on) if facts.due_on else "",
        "wanted": format_day(facts.wanted_on) if facts.wanted_on else "",
        "year": facts.drawn_from,
        "phone": ASSOCIATION["phone"],
    }


Saying = tuple[str, list[Part]]


def _notice(facts: Facts) -> Saying:
    values = _values(facts)
    if facts.drawn_from:
        why = [
            _(
                "This cycle was drawn for AMT’s audit of the cycles that closed in %(year)s. Chance alone decided; "
                "anybody can check the draw on the portal."
            )
            % values
        ]
    else:
        why = [_("AMT audits this cycle for this reason:"), *_paragraphs(facts.cause)]
    return _("Audit %(reference)s: send proof by %(day)s"), [
        Part([*why, _asked(facts)]),
        _what_to_do(
            facts,
            _("If you need more time, ask for it there, once, by then."),
            _(
                "If nothing is submitted by %(day)s, you get a last notice. If nothing comes after that either, AMT "
                "decides as if there were no proof, and your certification may lapse."
            )
            % values,
        ),
        *_list(facts),
    ]


def _last_notice(facts: Facts) -> Saying:
    values = _values(facts)
    return _("Last notice, audit %(reference)s: send proof by %(day)s"), [
        Part([_("The last day to send proof has passed, and nothing was submitted."), _asked(facts)]),
        _what_to_do(
            facts,
            _(
                "This is the last notice. After %(day)s AMT decides as if there were no proof. Only what AMT credited "
                "itself then counts, and your certification may lapse."
            )
            % values,
        ),
        *_list(facts),
    ]


def _asked(facts: Facts) -> str:
    number = len(facts.needed)
    if not number:
        return _(
            "AMT credited every activity of this cycle itself. Open the audit and submit it by %(day)s."
        ) % _values(facts)
    sentence = ngettext(
        "AMT asks for proof of %(number)s activity by %(day)s.",
        "AMT asks for proof of %(number)s activities by %(day)s.",
        number,
    )
    return sentence % {"number": number, **_values(facts)}


def _what_to_do(facts: Facts, *sentences: str) -> Part:
    return Part(
        [
            _(
                "Sign in to the portal and open the audit. Attach to each activity a copy of what proves it, such as a "
                "certificate, or say why it is missing. Then submit."
            ),
            *sentences,
            _("If you cannot use the portal, call AMT: %(phone)s.") % _values(facts),
        ],
        _("What to do"),
        button=_button(facts),
    )


def _list(facts: Facts) -> Iterator[Part]:
    if facts.needed:
        rows = [(entry.reference, _entry(entry)) for entry in facts.needed]
        yield Part((), _("What AMT asks proof of"), rows)


def _entry(entry: Entry) -> str:
    sentence = ngettext(
        "%(heading)s, %(day)s, %(points)s point", "%(heading)s, %(day)s, %(points)s points", as_count(entry.points)
    )
    values = {"heading": entry.heading, "day": format_day(entry.ends_on), "points": format_points(entry.points)}
    return sentence % values


def _extension(facts: Facts) -> Saying:
    values = _values(facts)
    asked = _("You asked for time until %(wanted)s.") % values
    if facts.is_granted:
        granted = (
            _("AMT did not answer in time, so you have the time: send proof by %(day)s.")
            if facts.is_by_portal
            else _("AMT gives you more time: send proof by %(day)s.")
        )
        return _("Audit %(reference)s: more time, until %(day)s"), [
            Part([asked, granted % values], button=_button(facts))
        ]
    refused = _("AMT does not give you more time. Send proof by %(day)s.") % values
    return _("Audit %(reference)s: no more time, send proof by %(day)s"), [
        Part([asked, refused]),
        *_reason(_("Reason"), facts.reason),
        _link(facts),
    ]


def _more_wanted(facts: Facts) -> Saying:
    values = _values(facts)
    return _("Audit %(reference)s: AMT asks for more proof by %(day)s"), [
        Part([_("AMT has looked at what you sent, and asks for more by %(day)s.") % values]),
        *_reason(_("What AMT asks for"), facts.reason),
        Part([_("After that AMT decides on what is there.")], button=_button(facts)),
    ]


def _decision(facts: Facts) -> Saying:
    values = _values(facts)
    subject = (
        _("Audit %(reference)s: you passed")
        if facts.outcome == CaseOutcome.PASSED
        else _("Audit %(reference)s: you did not pass")
    )
    return subject, [
        *_result(facts),
        *_reason(_("Reason"), facts.reason),
        *_verdicts(facts),
        Part(
            [
                *_what_follows(facts),
                _(
                    "If you do not agree, you can appeal on the portal by %(day)s, with your reason. Two people who "
                    "did not review your audit decide the appeal. If you want to attach more files, do so first."
                )
                % values,
                _("If you do not appeal, the audit is then closed with this decision."),
            ],
            _("What follows"),
            button=_button(facts),
        ),
    ]


def _result(facts: Facts) -> Iterator[Part]:
    assert facts.points is not None
    if facts.outcome == CaseOutcome.PASSED:
        sentence = _("You passed the audit: what is proven suffices.")
    elif facts.no_proof:
        sentence = _("You did not pass the audit: no proof was sent in time.")
    else:
        sentence = _("You did not pass the audit: what is proven does not suffice.")
    yield Part(
        [sentence],
        facts=[
            (_("Points after the audit"), format_points(facts.points)),
            (_("Points needed"), format_points(facts.points_required)),
            (_("Points when the cycle was closed"), format_points(facts.points_at_close)),
        ],
    )


def _verdicts(facts: Facts) -> Iterator[Part]:
    if facts.entries:
        rows = [(entry.reference, f"{_entry(entry)}. {_verdict(entry)}") for entry in facts.entries]
        yield Part((), _("What was decided of each activity"), rows)


def _verdict(entry: Entry) -> str:
    if entry.is_proven:
        return _("Proven: AMT credited it itself.")
    if not entry.verdict:
        return _("Does not count: no proof was sent.")
    values = {
        "verdict": entry.verdict,
        "proven": format_points(entry.proven),
        "claimed": format_points(entry.points),
    }
    said = _("%(verdict)s: %(proven)s of %(claimed)s points are proven.") % values
    return f"{said} {entry.why}".strip()


def _what_follows(facts: Facts) -> list[str]:
    if facts.outcome == CaseOutcome.FAILED:
        return [
            _(
                "If this stands, the record says that the cycle’s requirement was not met, and AMT may let your "
                "certification lapse. Somebody who had no part in the audit decides that."
            )
        ]
    if facts.points is not None and facts.points < facts.points_at_close:
        return [_("Your certification stays as it is. The record then shows the points after the audit, too.")]
    return [_("Your certification and your record stay as they are.")]


def _appeal(facts: Facts) -> Saying:
    values = _values(facts)
    if not facts.appeal_result:
        received = _("AMT has received your appeal. Two people who did not review your audit decide it by %(day)s.")
        return _("Audit %(reference)s: your appeal is received"), [
            Part([received % values]),
            *_reason(_("What you wrote"), facts.appealed_for),
            _link(facts),
        ]
    return _("Audit %(reference)s: your appeal is decided"), [
        Part([_("The appeal board has decided: %(result)s.") % {"result": facts.appeal_result.lower()}]),
        *_reason(_("Reason"), facts.reason),
        *_result(facts),
        *_verdicts(facts),
        Part([_("The audit is closed."), *_what_follows(facts)], _("What follows"), button=_button(facts)),
    ]


def _called_off(facts: Facts) -> Saying:
    return _("Audit %(reference)s is called off"), [
        Part([_("AMT has called off this audit. Nothing more is asked of you, and your record stays as it is.")]),
        *_reason(_("Reason"), facts.reason),
        _link(facts),
    ]


def _reason(heading: str, reason: str) -> Iterator[Part]:
    if paragraphs := _paragraphs(reason):
        yield Part(paragraphs, heading)


def _paragraphs(typed: str) -> list[str]:
    return [line for line in map(str.strip, typed.splitlines()) if line]


def _link(facts: Facts) -> Part:
    return Part((), button=_button(facts))


def _button(facts: Facts) -> Button:
    return Button(_("Open the audit"), facts.address)


_SAYING: dict[LetterKind, Callable[[Facts], Saying]] = {
    LetterKind.NOTICE: _notice,
    LetterKind.LAST_NOTICE: _last_notice,
    LetterKind.EXTENSION: _extension,
    LetterKind.MORE_WANTED: _more_wanted,
    LetterKind.DECISION: _decision,
    LetterKind.APPEAL: _appeal,
    LetterKind.CALLED_OFF: _called_off,
}
