"""A letter on paper: PDF/UA from the words that were stored, at any time the same."""

from amtportal.documents import layout as documents
from amtportal.members.context_processors import ASSOCIATION
from ccp.audits.letters import text
from ccp.audits.models import Letter


def pdf(letter: Letter) -> bytes:
    """Return the letter as PDF. Raises ``documents.TooLong`` and ``fonts.Unprintable``."""
    return documents.pdf(html(letter))


def html(letter: Letter) -> str:
    context = {
        "letter": letter,
        "recipient": letter.recipient.split("\n"),
        "words": text.unpack(letter.subject, letter.text),
        "association": ASSOCIATION,
    }
    return documents.html_of("ccp/audits/letter_document.html", context, language=letter.language)


def filename(letter: Letter) -> str:
    """Return the name of the file, such as ``Audit-letter-A-000012-decision-2027-03-01.pdf``."""
    return documents.filename("Audit-letter", letter.case.reference, letter.kind, letter.written_on.isoformat())
