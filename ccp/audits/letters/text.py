"""The words of a letter as they are stored: once, for the mail and for the paper.

Each line is one piece of the letter. The first line is the greeting, the last one says why the
reader gets it. A tab tells the pieces between apart, because nothing that somebody typed has one::

    TAB heading
    label TAB value
    TAB label TAB address
    any other line is a paragraph
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from amtportal.members.mail.layout import Button, Content, Part

TAB = "\t"


@dataclass(frozen=True)
class Words:
    """What a letter says, in the language in which it is written."""

    subject: str
    greeting: str
    parts: Sequence[Part]
    why: str


@dataclass
class _Piece:
    """A part that is being read."""

    heading: str = ""
    sentences: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    button: Button | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.heading or self.sentences or self.facts or self.button)


def pack(words: Words) -> str:
    """Return the words without the subject as text, one piece a line."""
    return "\n".join([_line(words.greeting), *_lines(words.parts), _line(words.why)])


def _lines(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        if part.heading:
            yield f"{TAB}{_line(part.heading)}"
        yield from (_line(sentence) for sentence in part.sentences)
        yield from (f"{_line(label)}{TAB}{_line(value)}" for label, value in part.facts)
        if part.button:
            yield f"{TAB}{_line(part.button.label)}{TAB}{part.button.address}"


def unpack(subject: str, text: str) -> Words:
    """Return what ``pack`` was given."""
    greeting, *lines, why = text.split("\n")
    parts = [_Piece()]
    for line in lines:
        before, tab, after = line.partition(TAB)
        if not tab:
            if parts[-1].facts or parts[-1].button:
                parts.append(_Piece())
            parts[-1].sentences.append(line)
        elif before:
            if parts[-1].button:
                parts.append(_Piece())
            parts[-1].facts.append((before, after))
        elif TAB in after:
            label, _tab, address = after.partition(TAB)
            parts[-1].button = Button(label, address)
        else:
            parts.append(_Piece(heading=after))
    read = [Part(part.sentences, part.heading, part.facts, part.button) for part in parts if not part.is_empty]
    return Words(subject, greeting, read, why)


def content(words: Words) -> Content:
    """Return the words as the layout of mail takes them."""
    return Content(subject=words.subject, greeting=words.greeting, parts=words.parts, why=words.why)


def readable(text: str) -> Iterator[str]:
    """Yield the pieces as one reads them: “Audit: A-000012”."""
    for line in text.split("\n"):
        yield line.strip(TAB).replace(TAB, ": ")


def _line(value: str) -> str:
    return " ".join(value.split())
