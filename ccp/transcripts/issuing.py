"""Issuing a transcript: the code on it, by which anyone can check it, and its PDF.

- A record is issued once: whoever asks again, on whatever day, gets the same issue, with the same code and day. A
  record that has changed is another record and is issued anew; the earlier issue stays.
- The code is 80 random bits in Crockford's base 32, which has no I, L, O or U. As people type it, it may have small
  letters, spaces and hyphens, O for 0, and I or L for 1.
- Of each PDF that was made the SHA-256 is kept, and not the file: see ``docs/decisions/0015``.
"""

import hashlib
import re
import secrets
import unicodedata
from datetime import datetime

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from amtportal.documents import layout as documents
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.models import User
from ccp.models import Transcript, TranscriptFile
from ccp.transcripts import contents as transcripts

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
MISREAD = str.maketrans("OIL", "011")


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def as_code(typed: str) -> str:
    """The code that was meant; empty where what was typed cannot be one."""
    letters = unicodedata.normalize("NFKC", typed[:100]).upper().translate(MISREAD)
    code = re.sub(r"[\s\u2010-\u2015\u2212-]", "", letters)
    return code if re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", code) else ""


def check_address(issue: Transcript) -> str:
    """The full address at which anyone checks this issue: what the QR code holds."""
    return settings.SITE_URL + reverse("transcript-verify", args=[issue.code])


def qr(issue: Transcript) -> SafeString:
    """The address as an SVG element. Its title is what a screen reader says of it."""
    picture = segno.make(check_address(issue), error="m", micro=False)
    # Only our own address and code are in it.
    return mark_safe(  # noqa: S308
        picture.svg_inline(
            border=0, omitsize=True, svgclass="qr", lineclass=None, title=f"QR code of {check_address(issue)}"
        )
    )


def issue(*, contents: transcripts.Contents, by: User, at: datetime) -> Transcript:
    """The issue of this very record: the one there is, or a new one. Asked by several at once, it makes one."""
    found, _ = Transcript.objects.get_or_create(
        content_hash=transcripts.content_hash(contents),
        defaults={
            "member": contents.member,
            "cycle": contents.cycle,
            "code": new_code(),
            "snapshot": transcripts.snapshot(contents),
            "issued_at": at,
            "issued_by": by,
        },
    )
    return found


def pdf(issue: Transcript, contents: transcripts.Contents, *, at: datetime) -> bytes:
    """The transcript as PDF/UA-1, in English whoever asks. The same issue gives the same bytes, laid out once."""
    context = {"transcript": contents, "issue": issue, "qr": qr(issue), "association": ASSOCIATION}
    made = documents.pdf(documents.html_of("ccp/transcripts/transcript_document.html", context | places()))
    TranscriptFile.objects.get_or_create(
        sha256=hashlib.sha256(made).hexdigest(), defaults={"transcript": issue, "made_at": at}
    )
    return made


def places() -> dict[str, str]:
    """The address of the page on which a code is typed, as it is read aloud: ``portal.example.org/verify/``."""
    return {"check_at": re.sub(r"^https?://", "", settings.SITE_URL) + reverse("transcript-check")}
