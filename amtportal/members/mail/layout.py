"""The one layout of the portal's mail: HTML and plain text from the same data."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import make_msgid

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from django.utils.translation import gettext as _

from amtportal import links
from amtportal.members.models import MailPriority


@dataclass(frozen=True)
class Button:
    label: str
    address: str
    """An absolute address."""


@dataclass(frozen=True)
class Part:
    """One subject of a mail: what it says, its figures, and what to do.

    A mail has one button, that of its first part that has one. What the button of another part
    leads to becomes a link.
    """

    sentences: Sequence[str]
    heading: str = ""
    facts: Sequence[tuple[str, str]] = ()
    """Figures as label and value, such as "Points" and "22 of 24"."""
    button: Button | None = None


@dataclass(frozen=True)
class Content:
    """What a mail says, in the language in which it is sent."""

    subject: str
    parts: Sequence[Part]
    why: str
    """Why the reader gets this mail, as a sentence."""
    name: str = ""
    """The reader's name; empty if the mail should not show whose account it is about."""
    stop_address: str = ""
    """Where the reader switches this kind of mail off; only mail that can be switched off has it."""


class Mail(EmailMultiAlternatives):
    priority: MailPriority

    @property
    def message_id(self) -> str:
        return str(self.extra_headers["Message-ID"])


def compose(content: Content, *, to: str, language: str, priority: MailPriority) -> Mail:
    """Return the mail in the portal's layout. ``language``: that of the content (en, es)."""
    headers = {
        "Message-ID": make_msgid(domain=links.host()),
        "Auto-Submitted": "auto-generated",
        "Content-Language": language,
    }
    if content.stop_address:
        headers["List-Unsubscribe"] = f"<{content.stop_address}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    with translation.override(language):
        mail = Mail(content.subject, _text(content), settings.DEFAULT_FROM_EMAIL, [to], headers=headers)
    mail.priority = priority
    return mail


def _text(content: Content) -> str:
    greeting = _("Hello %(name)s,") % {"name": content.name} if content.name else _("Hello,")
    paragraphs = [greeting]
    for part in content.parts:
        if part.heading:
            paragraphs.append(part.heading)
        paragraphs += part.sentences
        if part.facts:
            paragraphs.append("\n".join(f"{label}: {value}" for label, value in part.facts))
        if part.button:
            paragraphs.append(f"{part.button.label}:\n{part.button.address}")
    return "\n\n".join([*paragraphs, content.why]) + "\n"
