"""Letters: which step writes which, the same words on paper and by mail, once each, and printing."""

import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.storage import FileSystemStorage
from django.utils import translation
from pypdf import PdfReader

from amtportal.dates import CHICAGO
from amtportal.members.mail.layout import Button, Part, compose, to_text, unwrapped
from amtportal.members.models import BouncingAddress, MailPriority, OutgoingMail
from ccp.audits import cases, states
from ccp.audits.letters import mailing, printing, samples, saying, sheets, text, writing
from ccp.audits.models import AuditCase, CaseStep, Letter, LetterPrint, Verb
from ccp.notices import sending, telling
from ccp.notices import writing as notices_written
from ccp.notices.models import Notice, NoticeKind, Preference
from tests.support.audits import DAY, DUE_ON, OPENED, OPENED_ON, audited_cycle, make_case, owner, person
from tests.support.builders import client_of, make_member, noon
from tests.support.mail import words_of
from tests.support.pages import read, words
from tests.support.scripts import GARAY
from tests.support.staff import make_clerk, page, told

SEEN_IN_WINDOW = (2.04 * 72, 3.167 * 72)
"""From the top of the sheet, in points, when it lies at the bottom of a #10 envelope."""
WRITES = {
    ("drawn", "notify", "notified"): "notice",
    ("notified", "pass-deadline", "overdue"): "last-notice",
    ("extension-asked", "grant-extension", "notified"): "extension",
    ("extension-asked", "refuse-extension", "notified"): "extension",
    ("extension-asked", "pass-deadline", "notified"): "extension",
    ("submitted", "want-more", "more-wanted"): "more-wanted",
    ("decided", "announce", "announced"): "decision",
    ("second-review", "decide-again", "announced"): "decision",
    ("announced", "appeal", "appealed"): "appeal",
    ("appealed", "decide-appeal", "closed"): "appeal",
    **{
        (state, "call-off", "closed"): "called-off"
        for state in ("notified", "extension-asked", "overdue", "submitted", "more-wanted")
    },
}


def test_each_row_of_the_table_writes_the_letter_that_is_listed_or_none() -> None:
    rows = {(row.before or "", row.verb, row.after) for row in states.ROWS}
    wrote = {row: writing.kind_of(CaseStep(before=row[0], verb=row[1], after=row[2])) for row in rows}
    assert {row: kind for row, kind in wrote.items() if kind} == WRITES


# The same words


def letter_of(sample: samples.Sample, language: str) -> Letter:
    """Return the sample as a letter that is not stored."""
    with translation.override(language):
        content = sample.content()
        packed = text.pack(text.Words(content.subject, content.greeting, content.parts, content.why))
    return Letter(
        case=AuditCase(pk=42),
        kind=sample.key.removeprefix("audit-"),
        language=language,
        recipient="Ada Lane\n1400 West Maple Avenue\nApartment 12\nSpringfield, IL 62704-1234",
        subject=content.subject,
        text=packed,
        written_at=OPENED,
    )


def bare(said: str) -> list[str]:
    return [word.rstrip(":") for word in said.split()]


@pytest.mark.slow
@pytest.mark.any_database
def test_paper_and_mail_have_the_same_words_and_the_paper_is_accessible() -> None:
    for place, sample in enumerate(samples.SAMPLES):
        language = ("en", "es")[place % 2]
        letter = letter_of(sample, language)
        content = text.content(text.unpack(letter.subject, letter.text))
        mail = compose(content, to="ada@example.org", language=language, priority=MailPriority.NOTICE)
        words_of(mail)  # which compares text and HTML
        body = re.sub(r"^-+$", "", str(mail.body), flags=re.MULTILINE).partition("American Medical")[0]
        made = sheets.pdf(letter)
        reader = PdfReader(BytesIO(made))
        paper = " ".join(leaf.extract_text() for leaf in reader.pages)
        paper = re.sub(r"(A-000042\s+)*\d / \d(\s+A-000042)*", "", paper)
        recipient = " ".join(letter.recipient.split())
        whole = " ".join(paper.split())
        assert recipient in whole
        said = bare(whole.replace(recipient, "").partition("847-823-5169")[2])
        assert said == [*bare(str(mail.subject)), *bare(body)], sample.key
        assert reader.trailer["/Root"]["/Lang"] == language
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert b"pdfuaid" in bytes(reader.trailer["/Root"]["/Metadata"].get_data())
    lines = [place for place in positions(reader) if place[1].strip()]
    address = [top for top, said, left in lines if said.startswith(("Ada", "1400", "Apartment", "Springfield"))][:4]
    assert SEEN_IN_WINDOW[0] < min(address) - 8
    assert max(address) < SEEN_IN_WINDOW[1]
    others = [top for top, _said, left in lines if left < 5.5 * 72 and top not in address]
    assert not [top for top in others if SEEN_IN_WINDOW[0] - 10 < top < SEEN_IN_WINDOW[1] + 33], (
        "only the address shows"
    )


def positions(reader: PdfReader) -> list[tuple[float, str, float]]:
    """Return the texts of the first page with how far below the top of the sheet, and how far right, they are."""
    found: list[tuple[float, str, float]] = []

    def seen(said: str, cm: Any, tm: Any, *rest: Any) -> None:
        x, y = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
        found.append((11 * 72 - y, said, x))

    reader.pages[0].extract_text(visitor_text=seen)
    return found


def mailed(said: text.Words) -> str:
    return str(compose(text.content(said), to="a@example.org", language="en", priority=MailPriority.NOTICE).body)


def test_what_is_stored_is_read_as_it_was_written_whatever_somebody_typed() -> None:
    typed = "\tA heading?\nlabel\tvalue\n\n# a line"
    facts = replace(samples._FACTS, reason=typed)
    written = saying.words("more-wanted", facts)
    packed = text.pack(written)
    read_again = text.unpack(written.subject, packed)
    assert text.pack(read_again) == packed
    assert mailed(read_again) == mailed(written)
    assert {part.heading for part in read_again.parts} == {"", "What AMT asks for"}
    assert all(label != "label" for part in read_again.parts for label, _value in part.facts)
    shaped = [
        Part(["One."]),
        Part((), facts=[("a", "b")]),
        Part(["Two."], "Three", [("c", "d")], Button("Go", "https://x.example/")),
        Part(["Four."]),
    ]
    again_ = text.unpack("S", text.pack(text.Words("S", "Dear Ada:", shaped, "Why.")))
    assert [(list(part.sentences), part.heading, list(part.facts), part.button) for part in again_.parts] == [
        (["One."], "", [("a", "b")], None),
        (["Two."], "Three", [("c", "d")], Button("Go", "https://x.example/")),
        (["Four."], "", [], None),
    ]


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        pytest.param({}, ["Ada Lane"], id="no address"),
        pytest.param(
            {
                "address_line1": "1 Main Street",
                "city": "Rosemont",
                "state": "IL",
                "postal_code": "60018",
                "country": "us",
            },
            ["Ada Lane", "1 Main Street", "Rosemont, IL 60018"],
            id="at home",
        ),
        pytest.param(
            {"address_line1": "1 King Street", "city": "Toronto", "country": "Canada"},
            ["Ada Lane", "1 King Street", "Toronto", "CANADA"],
            id="abroad",
        ),
    ],
)
def test_the_address_is_as_the_post_wants_it(given: dict[str, str], lines: list[str]) -> None:
    from amtportal.members.models import Member

    assert writing.recipient(Member(first_name="Ada", last_name="Lane", **given)) == lines


# With its step, once


@pytest.mark.django_db
def test_a_letter_is_written_with_its_step_and_waits_for_the_morning() -> None:
    night = datetime.combine(OPENED_ON, time(1), CHICAGO)
    cycle = audited_cycle()
    Preference.objects.create(member=cycle.certification.member, language="es")
    case = make_case("drawn", cycle=cycle, at=night)
    assert not Letter.objects.exists()
    by = person("coordinator")
    for _ in range(2):
        cases.notify(cases=[case.pk], by=by, at=night)
    letter = Letter.objects.get()
    assert (letter.kind, letter.language, letter.step.verb) == ("notice", "es", Verb.NOTIFY)
    assert letter.recipient == "Ada Lane"
    mail = letter.mail
    assert mail
    assert (mail.state, mail.at_once, mail.on) == ("waiting", True, OPENED_ON)
    waiting = OutgoingMail.objects.get(writer="notices")
    assert (waiting.writer_key, waiting.recipients) == (mail.pk, [owner(case).email])
    assert waiting.next_try_at == datetime.combine(OPENED_ON, time(8), CHICAGO)
    composed = notices_written.write([mail.pk])[mail.pk]
    content = text.content(text.unpack(letter.subject, letter.text))
    with translation.override("es"):
        assert composed.body == to_text(content)
    assert composed.subject == letter.subject
    sending.ended([mail.pk], "", noon(OPENED_ON))
    mail.refresh_from_db()
    assert (mail.state, mail.language, mail.text) == ("sent", "es", composed.body)
    assert notices_written.write([mail.pk]) == {}, "it went out once"
    assert Notice.objects.get(kind=NoticeKind.AUDIT).mail == mail


@pytest.mark.django_db
def test_an_audit_that_is_called_off_before_anybody_was_asked_writes_to_nobody() -> None:
    by = person("coordinator")
    cases.call_off(case=make_case("drawn"), reason="Deceased", by=by, at=OPENED)
    assert not Letter.objects.exists()
    case = make_case("notified")
    cases.call_off(case=case, reason="Opened in error", by=by, at=OPENED)
    assert list(case.letters.values_list("kind", flat=True)) == ["notice", "called-off"]


@pytest.mark.django_db
def test_the_decision_has_each_verdict_what_follows_and_until_when_to_appeal() -> None:
    case = make_case("announced", cycle=audited_cycle(amt="2"))
    letter = case.letters.get(kind="decision")
    said = "\n".join(text.readable(letter.text))
    assert letter.subject == f"Audit {case.reference}: you did not pass"
    assert "Points after the audit: 2\nPoints needed: 30\nPoints when the cycle was closed: 32" in said
    assert re.search(
        r"^CE-\d+: Course 1, Feb 1, 2026, 18 points\. Does not count: 0 of 18 points are proven\. As the file says\.$",
        said,
        re.MULTILINE,
    )
    assert "Convention, Feb 20, 2026, 2 points. Proven: AMT credited it itself." in said
    assert "you can appeal on the portal by Feb 16, 2027" in said


@pytest.mark.django_db
def test_a_member_without_an_address_gets_the_letter_by_post_alone() -> None:
    cycle = audited_cycle()
    user = cycle.certification.member.user
    user.is_active = False
    user.save()
    unreachable, fine, bouncing = make_case("notified", cycle=cycle), make_case(), make_case()
    BouncingAddress.objects.create(email=owner(bouncing).email, marked_at=OPENED, reason="550 5.1.1 no such box")
    client = client_of(make_clerk("view_letter", "print_letters"))
    listed = read(client.get(page(Letter), {"paper": "post"}))
    assert {link["href"] for link in listed.select("#result_list th a")} == {
        f"{page(Letter, 'change', case.letters.get().pk)}?_changelist_filters=paper%3Dpost"
        for case in (unreachable, bouncing)
    }
    shown = read(client.get(page(Letter, "change", fine.letters.get().pk)))
    assert "None on record" in shown.text
    assert "AMT asks for proof of 2 activities by Feb 16, 2027." in shown.text


# Reminders


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "anchor"), [(8, None), (7, 7), (5, 7), (1, 1), (0, 1)], ids=lambda days: f"{days} days"
)
def test_a_member_is_reminded_7_days_and_1_day_before_the_last_day(before: int, anchor: int | None) -> None:
    case = make_case("notified")
    on = DUE_ON - timedelta(days=before)
    found = [(one.subject, one.anchor_on) for one in mailing.reminders(on)]
    assert found == ([(f"audit-{case.pk}", DUE_ON - timedelta(days=anchor))] if anchor is not None else [])


@pytest.mark.django_db
def test_a_reminder_goes_with_the_mail_of_the_day_once_and_only_while_proof_is_asked_for(time_machine: Any) -> None:
    case, submitted = make_case(), make_case()
    OutgoingMail.objects.all().delete()
    on = DUE_ON - 7 * DAY
    make_case("submitted")
    for _ in range(2):
        sending.send_due(on=on, now=noon(on))
    reminders = Notice.objects.filter(kind=NoticeKind.AUDIT, mail__at_once=False)
    assert {notice.subject for notice in reminders} == {f"audit-{case.pk}", f"audit-{submitted.pk}"}
    AuditCase.objects.filter(pk=submitted.pk).update(state="submitted", frozen_at=noon(on))
    time_machine.move_to(noon(on), tick=False)
    [mail] = notices_written.write([notice.mail_id for notice in reminders]).values()
    said = unwrapped(str(mail.body))
    assert f"You have 7 days to send proof for audit {case.reference}." in said
    assert reminders.get(subject=f"audit-{submitted.pk}").dropped == mailing.MOVED_ON


@pytest.mark.django_db
def test_a_member_is_told_once_in_the_mail_of_the_day_that_amt_wrote(time_machine: Any) -> None:
    case, by = make_case(), person("coordinator")
    OutgoingMail.objects.all().delete()
    cases.write_message(case=case, text="May I ask something?", by=owner(case), at=OPENED)
    for words_of_amt in ("Yes.", "Please call us."):
        cases.write_message(case=case, text=words_of_amt, by=by, at=OPENED)
    on = OPENED_ON + DAY
    time_machine.move_to(noon(on), tick=False)
    sending.send_due(on=on, now=noon(on))
    notices = Notice.objects.filter(subject__contains="-message-")
    [mail] = notices_written.write([notices.latest("pk").mail_id]).values()
    assert unwrapped(str(mail.body)).count(f"AMT wrote to you about audit {case.reference}.") == 1
    assert sorted(notice.dropped for notice in notices) == ["", telling.NEWER]


# For the member, and on paper


@pytest.mark.django_db
def test_the_member_finds_the_letters_with_the_audit_and_nobody_else_does() -> None:
    case = make_case("announced")
    shown = read(client_of(owner(case)).get(f"/audits/{case.pk}/"))
    listed = shown.select("[data-name=letters] a")
    assert [words(link) for link in listed] == ["Notice", "Decision"]
    other = make_case()
    of_other = other.letters.get().pk
    assert client_of(owner(case)).get(f"/audits/{case.pk}/letters/{of_other}/").status_code == 404
    assert client_of(make_member()).get(listed[0]["href"]).status_code == 404
    answer = client_of(owner(case)).get(listed[1]["href"])
    assert answer.content.startswith(b"%PDF-")
    assert f'"Audit-letter-{case.reference}-decision-2027-01-15.pdf"' in answer.headers["Content-Disposition"]


@pytest.mark.django_db
def test_letters_are_printed_in_one_file_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "storage", lambda: FileSystemStorage(tmp_path))
    monkeypatch.setattr(printing, "GROUP", 2)
    first, second, third = make_case(), make_case(), make_case()
    Letter_ = Letter.objects.create(
        case=first,
        step=first.steps.last(),
        kind="appeal",
        language="en",
        recipient="Ada Lane",
        subject=f"No font has {GARAY}",
        text="Dear Ada:\nA letter.\nWhy.",
        written_at=OPENED,
    )
    clerk = make_clerk("view_letter", "print_letters", "view_printrun")
    client = client_of(clerk)
    chosen = [str(letter.pk) for letter in Letter.objects.all()]
    answer = client.post(page(Letter), {"action": "print_chosen", "_selected_action": chosen})
    assert "4 letters are being put into one file." in told(client, answer)
    run = clerk.letter_print_runs.get()
    for _ in range(2):
        printing.make_run.func(run.pk)
    run.refresh_from_db()
    assert (run.done, run.failures) == (4, [[Letter_.pk, f"no font has U+{ord(GARAY):04X}"]])
    assert set(LetterPrint.objects.values_list("letter__case", flat=True)) == {first.pk, second.pk, third.pk}
    download = page(type(run), "download", run.pk)
    with pikepdf.open(BytesIO(b"".join(client.get(download)))) as joined:
        assert len(joined.pages) == 3
    stranger = client_of(make_clerk("view_printrun", "print_letters"))
    assert told(stranger, stranger.get(download)).startswith("There is no file for you")
    assert list(printing.not_printed(Letter.objects.all())) == [Letter_]
    printing.remove_file.func(run.pk)
    assert list(tmp_path.iterdir()) == []
