"""The one layout of the portal's mail: HTML and plain text from the same data.

- The HTML (``templates/mail/``) has the portal's colors, nothing that is loaded from elsewhere, and
  at most one button.
- The text is in lines of ``WIDTH`` that a program may join again (RFC 3676). An address stands in a
  line of its own and is never broken.
- A value is one line: what somebody typed can add no line to a mail, and no header.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from amtportal import links, office_hours
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.mail.style import inlined, style
from amtportal.members.models import MailPriority

WIDTH = 72


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
    greeting: str = ""
    """How the reader is greeted, if not by name as usual."""
    stop_address: str = ""
    """Where the reader switches this kind of mail off; only mail that can be switched off has it."""


class Mail(EmailMultiAlternatives):
    priority: MailPriority

    @property
    def message_id(self) -> str:
        return str(self.extra_headers["Message-ID"])

    def message(self, **kwargs: Any) -> Any:
        message = super().message(**kwargs)
        text = message.get_payload(0)
        text.set_param("format", "flowed")
        return message


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
    content = _in_single_lines(content)
    with translation.override(language):
        text, html = to_text(content), to_html(content, language=language)
    mail = Mail(content.subject, text, settings.DEFAULT_FROM_EMAIL, [to], headers=headers)
    mail.attach_alternative(html, "text/html")
    mail.priority = priority
    return mail


def to_html(content: Content, *, language: str) -> str:
    """Return the mail as HTML, in the active language."""
    first = next((part for part in content.parts if part.button), None)
    context = {
        "language": language,
        "style": style(),
        "association": ASSOCIATION,
        "subject": content.subject,
        "preview": next((sentence for part in content.parts for sentence in part.sentences), ""),
        "greeting": _greeting(content),
        "parts": [(part, part is first) for part in content.parts],
        "why": content.why,
        "stop_address": content.stop_address,
        "stop_label": _("Switch off this kind of mail"),
    }
    return inlined(render_to_string("mail/layout.html", context))


def to_text(content: Content) -> str:
    """Return the mail as plain text, in the active language."""
    return "\n\n".join(_paragraphs(content)) + "\n"


def unwrapped(text: str) -> str:
    """Return the text of a mail with each paragraph in one line, as a program that joins lines shows it."""
    return re.sub(r"^ ", "", text.replace(" \n", " "), flags=re.MULTILINE)


def _paragraphs(content: Content) -> Iterator[str]:
    yield _wrapped(_greeting(content))
    for part in content.parts:
        if part.heading:
            yield f"{_stuffed(part.heading)}\n{'-' * min(len(part.heading), WIDTH)}"
        yield from (_wrapped(sentence) for sentence in part.sentences)
        if part.facts:
            yield "\n".join(_wrapped(f"{label}: {value}") for label, value in part.facts)
        if part.button:
            yield _addressed(part.button.label, part.button.address)
    yield _wrapped(content.why)
    if content.stop_address:
        yield _addressed(_("Switch off this kind of mail"), content.stop_address)
    hours = office_hours.in_words(settings.OFFICE_HOURS)
    about = [ASSOCIATION["name"], *ASSOCIATION["address"], ASSOCIATION["phone"], hours]
    yield "\n".join(line for line in about if line)


def _greeting(content: Content) -> str:
    if content.greeting:
        return content.greeting
    return _("Hello %(name)s,") % {"name": content.name} if content.name else _("Hello,")


def _addressed(label: str, address: str) -> str:
    return f"{_stuffed(label)}:\n{address}"


def _wrapped(paragraph: str) -> str:
    """Return the paragraph in lines. A space at the end of a line says that the next one belongs to it."""
    lines = textwrap.wrap(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)
    return " \n".join(map(_stuffed, lines))


def _stuffed(line: str) -> str:
    """Return the line so that no program takes it for a quotation or for the end of a mail (RFC 3676, section 4.4)."""
    return f" {line}" if line.startswith((" ", ">", "From ")) else line


def _in_single_lines(content: Content) -> Content:
    return replace(
        content,
        subject=_line(content.subject),
        name=_line(content.name),
        greeting=_line(content.greeting),
        why=_line(content.why),
        parts=[
            replace(
                part,
                heading=_line(part.heading),
                sentences=[_line(sentence) for sentence in part.sentences if sentence],
                facts=[(_line(label), _line(value)) for label, value in part.facts],
            )
            for part in content.parts
        ],
    )


def _line(value: str) -> str:
    return " ".join(value.split())
