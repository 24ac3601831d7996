"""Making an archive: ``data.json``, the documents that can be issued now, the files, and ``README.txt``.

- Everything is written to the disk piece by piece: memory does not grow with what a member has.
- A document or a file that cannot be made or read is left out, and ``README.txt`` says why.
- Documents are issued as their pages issue them. What is due is closed first, as by a page.
"""

import logging
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from amtportal.chunks import CHUNK
from amtportal.dates import day_of
from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.formatting import format_moment
from amtportal.jobs import Progress
from amtportal.members import name_requests
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.models import Member, NameRequest, User
from amtportal.uploads import kept
from ccp.audits.letters import sheets as letter_sheets
from ccp.audits.models import Letter
from ccp.counting import requirement
from ccp.exports import contents
from ccp.exports.models import Archive
from ccp.models import Evidence, Transcript
from ccp.models.transcripts import PaperKind
from ccp.rollover import catching_up
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing, papers
from certifications.invoice_standing import invoice_standing
from certifications.models import Cycle, RenewalInvoice
from certifications.payments import sheets as invoice_sheets
from certifications.payments.checkout import with_processing

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """One file of the archive: its place, and what writes it there."""

    name: str
    write: Callable[[zipfile.ZipFile, str], None]


def make(archive: Archive, folder: Path, progress: Progress) -> Path:
    """Make the archive in the folder, in the language of whoever asked."""
    with translation.override(archive.language):
        return _make(archive, folder, progress)


def _make(archive: Archive, folder: Path, progress: Progress) -> Path:
    now = timezone.now()
    catching_up.catch_up(archive.member, at=now)
    whose = contents.Whose.of(archive.member)
    Archive.objects.filter(pk=archive.pk).update(total=1 + sum(1 for _part in _parts(whose, archive, now)))
    path = folder / "archive.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        missing = []
        for number, part in enumerate(_parts(whose, archive, now), start=1):
            if problem := _written(part, packed):
                progress.failures.append((number, f"{part.name}: {problem}"))
                missing.append((part.name, problem))
            else:
                progress.made.append(number)
            progress.tell()
        # After the documents, because issuing them is on record too.
        data = folder / "data.json"
        sections = (*contents.SECTIONS, *contents.FOR_A_REQUEST) if archive.by_law else contents.SECTIONS
        _write_data(data, whose, progress, at=now, sections=sections)
        packed.write(data, "data.json")
        packed.writestr("README.txt", _read_me(archive.member, missing, at=now))
    progress.made.append(len(progress.made) + len(progress.failures) + 1)
    progress.tell(at_once=True)
    return path


def _written(part: Part, packed: zipfile.ZipFile) -> str:
    """Put a part into the archive, and return why it is missing, if it is."""
    try:
        part.write(packed, part.name)
    except documents.TooLong:
        return _("it would be too long")
    except fonts.Unprintable as reason:
        return _("no font has %(characters)s") % {"characters": reason}
    except FileNotFoundError:
        logger.exception("A file of an archive is missing: %s", part.name)
        return _("the file could not be found. Please call AMT")
    return ""


# The parts


def _parts(whose: contents.Whose, archive: Archive, at: datetime) -> Iterator[Part]:
    yield from _transcripts(archive.member, by=archive.asked_by, at=at)
    yield from _papers(whose, language=archive.language, at=at)
    yield from _invoices(whose, at=at)
    for letter in Letter.objects.filter(case__cycle__certification__member__in=whose.members).order_by("pk"):
        yield _document(f"letters/{letter_sheets.filename(letter)}", partial(letter_sheets.pdf, letter))
    files = Evidence.objects.attached().filter(activity__member__in=whose.members).order_by("pk")
    for file in files.iterator(CHUNK):
        name = contents.file_name(file.pk, file.activity_id, file.original_name, file.kind)
        yield _file(name, file.stored_name)
    asked = NameRequest.objects.filter(name_requests.with_document(at=at), member__in=whose.members).order_by("pk")
    for request in asked:
        yield _file(f"name-requests/{request.pk}.{request.document_kind}", request.stored_name)


def _transcripts(member: Member, *, by: User, at: datetime) -> Iterator[Part]:
    for cycle in transcripts.cycles_of(member):
        code = cycle.certification.credential.code
        yield _document(
            f"transcripts/CE-transcript-{code}-cycle-{cycle.number}.pdf", partial(_transcript, cycle, by=by, at=at)
        )


def _transcript(cycle: Cycle, *, by: User, at: datetime) -> bytes:
    shown = transcripts.of_cycle(cycle)
    return issuing.pdf(issuing.issue(contents=shown, by=by, at=at), shown, at=at)


def _papers(whose: contents.Whose, *, language: str, at: datetime) -> Iterator[Part]:
    """Yield the cards, letters and certificates as they were issued. None is issued for the archive."""
    issues = Transcript.objects.filter(member__in=whose.members).exclude(kind=PaperKind.TRANSCRIPT)
    for issue in issues.order_by("pk").iterator(CHUNK):
        wording = papers.Wording.MEMBER if issue.kind == PaperKind.LETTER else ""
        yield _document(
            f"papers/{issue.grouped_code}-{papers.filename(issue)}",
            partial(papers.pdf, issue, language=language, wording=wording, at=at),
        )


def _invoices(whose: contents.Whose, *, at: datetime) -> Iterator[Part]:
    on = day_of(at)
    invoices = with_processing(
        RenewalInvoice.objects.filter(cycle__certification__member__in=whose.members)
    ).select_related("cycle__certification__credential", "cycle__certification__member")
    counted = requirement.counted_by_cycle({invoice.cycle_id for invoice in invoices})
    for invoice in invoices:
        if invoice_sheets.is_issued(invoice_standing(invoice, on, counted=counted[invoice.cycle_id])):
            payment = invoice_sheets.payment_of(invoice)
            yield _document(
                f"invoices/{invoice_sheets.filename(invoice, payment, on=on)}",
                partial(invoice_sheets.pdf, invoice, payment, on=on),
            )


def _document(name: str, pdf: Callable[[], bytes]) -> Part:
    return Part(name, lambda packed, name: packed.writestr(name, pdf(), zipfile.ZIP_STORED))


def _file(name: str, stored_name: str) -> Part:
    def write(packed: zipfile.ZipFile, name: str) -> None:
        place = zipfile.ZipInfo(name, timezone.localtime().timetuple()[:6])
        place.compress_type = zipfile.ZIP_STORED  # pictures and PDFs are compressed already
        with kept.storage().open(stored_name) as content, packed.open(place, "w") as written:
            shutil.copyfileobj(content, written)

    return Part(name, write)


# What is written for it


def _write_data(
    path: Path,
    whose: contents.Whose,
    progress: Progress,
    *,
    at: datetime,
    sections: Sequence[contents.Section] = contents.SECTIONS,
) -> None:
    """Write every record as JSON, one after the other. ``docs/my-data.md`` describes the file."""
    encode = DjangoJSONEncoder(ensure_ascii=False).encode
    with path.open("w", encoding="utf-8") as data:
        data.write(f'{{"version": {encode(contents.VERSION)},\n"made_at": {encode(at)}')
        for section in sections:
            data.write(f',\n"{section.name}": [')
            for number, row in enumerate(section.rows(whose)):
                data.write(",\n" if number else "\n")
                data.write(encode(row))
            data.write("]")
            progress.tell()
        data.write("}\n")


def _read_me(member: Member, missing: list[tuple[str, str]], *, at: datetime) -> str:
    lines = [
        _("Everything that My AMT Portal keeps about you"),
        "",
        f"{member.name}, AMT ID {member.amt_id}",
        _("Made on %(moment)s Central Time") % {"moment": format_moment(at)},
        "",
        _("data.json: every record, with its earlier versions. Other programs can read it."),
        _("transcripts: the CE transcript of each of your certification cycles"),
        "papers: " + ", ".join(str(kind.label) for kind in PaperKind if kind != PaperKind.TRANSCRIPT),
        _("invoices: your open invoices, and receipts for what you paid"),
        _("letters: what AMT wrote to you about audits"),
        _("evidence: the files that you attached to activities, by the reference of the activity"),
        _("name-requests: documents that you sent with a request for another name"),
        "",
        _("Passwords, codes and secret addresses are not in it. People who work for AMT are not named."),
        _("Keep this archive where only you can open it."),
        _("Questions: %(association)s, %(phone)s")
        % {"association": ASSOCIATION["name"], "phone": ASSOCIATION["phone"]},
    ]
    if missing:
        lines += ["", _("These could not be put into the archive:")]
        lines += [f"- {name}: {problem}" for name, problem in missing]
    return "\r\n".join(lines) + "\r\n"
