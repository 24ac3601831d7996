"""The style sheet of mail, with the values of the portal's own (``static/css/tokens.css``).

Many mail programs drop a style sheet, so its rules are written into the elements, in light colors.
What they cannot hold stays in the head for the programs that read it: the dark colors, and the
rules for phones.

Writing the rules into one mail takes 0.07 ms of a processor, so each mail is treated by itself.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import css_inline
from django.conf import settings

TOKENS = Path(settings.BASE_DIR) / "static" / "css" / "tokens.css"
RULES = Path(settings.BASE_DIR) / "templates" / "mail" / "mail.css"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(r"--([a-z0-9-]+): (?:light-dark\(([^,]+), ([^)]+)\)|([^;]+));")
_USE = re.compile(r"var\(--([a-z0-9-]+)\)")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_REM = re.compile(r"([0-9.]+)rem")
_FLUID = re.compile(r"clamp\(([^,]+),[^)]+\)")


@dataclass(frozen=True)
class Style:
    inlined: str
    """The rules that are written into the elements."""
    dark: str
    """For the head: the declarations whose color is another one in the dark."""
    narrow: str
    """For the head: what is different on a phone."""


@cache
def style() -> Style:
    """Return the style sheet. Raises ``KeyError`` for a token that the portal does not have."""
    light, dark = tokens()
    rules, media, narrow = _COMMENT.sub("", RULES.read_text(encoding="utf-8")).partition("@media")
    in_the_dark = []
    for selector, declarations in _RULE.findall(rules):
        changed = [line for line in declarations.split(";") if _filled(line, light) != _filled(line, dark)]
        if changed:
            in_the_dark.append(f"{selector} {{{_important(changed, dark)}}}")
    return Style(
        inlined=_filled(rules, light),
        dark=_squeezed("\n".join(["@media (prefers-color-scheme: dark) {", *in_the_dark, "}"])),
        narrow=_squeezed(media + _filled(narrow, light)),
    )


def tokens() -> tuple[dict[str, str], dict[str, str]]:
    """Return the portal's values by name, in light and in dark, in units that mail programs know.

    A size that grows with the window has its smallest value.
    """
    found = _TOKEN.findall(_COMMENT.sub("", TOKENS.read_text(encoding="utf-8")))
    light, dark = ({name: known(row, at) for name, *row in found} for at in (0, 1))
    return light, dark


def known(row: list[str], at: int) -> str:
    value = _FLUID.sub(r"\1", row[at] or row[2])
    return _REM.sub(lambda size: f"{float(size[1]) * 16:g}px", value)


def _filled(css: str, values: dict[str, str]) -> str:
    return _USE.sub(lambda use: values[use[1]], css)


def _important(declarations: list[str], values: dict[str, str]) -> str:
    """Return declarations that win over those in the elements."""
    return " ".join(f"{_filled(line, values).strip()} !important;" for line in declarations)


def _squeezed(css: str) -> str:
    return "\n".join(" ".join(line.split()) for line in css.splitlines() if line.strip())


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        load_remote_stylesheets=False,
        extra_css=style().inlined,
    )


def inlined(html: str) -> str:
    """Return the document with the rules written into its elements."""
    return _inliner().inline(html)
