"""QR codes of addresses, as SVG that stands in the HTML: nothing is fetched, and no style sheet is needed.

It holds only an address of the portal itself and the title that screen readers read.
"""

from typing import Literal

from django.utils.safestring import SafeString, mark_safe


def svg(address: str, title: str, *, error: Literal["l", "m"] = "m") -> SafeString:
    """Return the address as an SVG element with a QR code, without a margin.

    ``error``: how much of it may be damaged, about 7 or 15 percent: paper needs more than a screen.
    """
    import segno  # with the first code that is drawn

    picture = segno.make(address, error=error, micro=False)
    drawn = picture.svg_inline(border=0, omitsize=True, svgclass="qr", lineclass=None, title=title)
    return mark_safe(drawn)  # noqa: S308  (the title is escaped)
