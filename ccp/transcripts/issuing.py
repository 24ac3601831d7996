"""Issuing a transcript: the code on it, by which anyone can check it, and its PDF.

- A record is issued once: whoever asks again, on whatever day, gets the same issue with the same
  code and the same day. A record that has changed is a different record and is issued again; the
  earlier issue stays.
- The code is 80 random bits in Crockford's base 32, which has no I, L, O or U. When people type it,
  it may have lower-case letters, spaces and hyphens, O for 0, and I or L for 1.
- A record whose document would have an empty box is not issued: see ``docs/decisions/0030``.
- The SHA-256 of each PDF is stored, but not the file: see ``docs/decisions/0015``.
"""

import hashlib
import re
import secrets
from datetime import datetime
from importlib.metadata import version

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from amtportal import clean, links
from amtportal import qr as codes
from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.models import User
from amtportal.prepared import prepared
from ccp.models import Transcript, TranscriptFile
from ccp.transcripts import contents as transcripts

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
SEGNO = version("segno")
MISREAD = str.maketrans("OIL", "011")


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def as_code(typed: str) -> str:
    """Return the code that was meant; empty if what was typed cannot be a code."""
    code = clean.code(typed[:100]).upper().translate(MISREAD)
    return code if re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", code) else ""


def check_address(issue: Transcript) -> str:
    """Return the full address at which anyone can check this issue; the QR code contains it."""
    return links.absolute(reverse("transcript-verify", args=[issue.code]))


def qr(issue: Transcript, title: str = "QR code of %(address)s") -> SafeString:
    """Return the address as an SVG element with a QR code. Screen readers read its title."""
    address = check_address(issue)
    return codes.svg(address, title % {"address": address})


def issue(*, contents: transcripts.Contents, by: User, at: datetime, for_reader: bool = False) -> Transcript:
    """Return the issue of exactly this record: the existing one, or a new one.

    ``for_reader``: the request is of somebody to whom the member shows the record, so its address is
    not kept. Several simultaneous requests create only one. Raises ``Unprintable`` if no font has a
    character of it.
    """
    if fonts.wanting(contents.texts()):
        fonts.check(contents.typed())
    content_hash = transcripts.content_hash(contents)
    if issued := _issued_as(content_hash):
        return issued[0]
    try:
        with transaction.atomic():
            return Transcript.objects.create(
                content_hash=content_hash,
                member=contents.member,
                cycle=contents.cycle,
                code=new_code(),
                snapshot=transcripts.snapshot(contents),
                issued_at=at,
                issued_by=by,
                **({"address": None} if for_reader else {}),
            )
    except IntegrityError:  # somebody else issued it in the meantime
        return Transcript.objects.get(content_hash=content_hash)


def on_record(contents: transcripts.Contents) -> Transcript | None:
    """Return the issue of exactly this record, if there is one."""
    return next(iter(_issued_as(transcripts.content_hash(contents))), None)


@prepared
def _issued_as(content_hash: str) -> QuerySet[Transcript]:
    # The snapshot, a line for each entry, is read only by those who check the transcript.
    return Transcript.objects.defer("snapshot").filter(content_hash=content_hash).order_by()


@prepared
def _made(sha256: str) -> QuerySet[TranscriptFile, int]:
    return TranscriptFile.objects.filter(sha256=sha256).order_by().values_list("pk", flat=True)


def pdf(issue: Transcript, contents: transcripts.Contents, *, at: datetime) -> bytes:
    """Return the transcript as PDF/UA-1, in English whoever asks.

    The same issue gives the same bytes and is laid out only once.
    """
    # The QR code takes longer than the rest of a document that has been laid out before.
    drawn = documents.Drawn(f"qr {SEGNO} {check_address(issue)}", lambda: qr(issue))
    context = {"transcript": contents, "issue": issue, "qr": drawn.place, "association": ASSOCIATION}
    html = documents.html_of("ccp/transcripts/transcript_document.html", context | places())
    content = documents.pdf(html, drawn)
    note_file(issue, content, at=at)
    return content


def note_file(issue: Transcript, content: bytes, *, at: datetime) -> None:
    """Note that this file was made of the issue, unless it was noted before."""
    sha256 = hashlib.sha256(content).hexdigest()
    if not _made(sha256):
        TranscriptFile.objects.get_or_create(sha256=sha256, defaults={"transcript": issue, "made_at": at})


def filename(issue: Transcript, contents: transcripts.Contents) -> str:
    """Return the file name, for example ``CE-transcript-2100003-RPT-2026-11-30.pdf``.

    The day is the day of issue.
    """
    of = contents.cycle.certification.credential.code if contents.cycle else "all"
    return documents.filename("CE-transcript", contents.member.amt_id, of, issue.issued_on.isoformat())


def places() -> dict[str, str]:
    """Return the address of the page for typing a code, as people write it.

    For example, ``portal.example.org/verify/``.
    """
    return {"check_at": links.absolute(reverse("transcript-check")).partition("://")[2]}
