"""WeasyPrint by itself on the documents of the portal: what a document costs at least.

    python -m tests.benchmarks.weasyprint_alone < documents.json

The same HTML, style sheet and font files as in the portal, and a process that does nothing else. The
first document is laid out before the clock runs, so that modules and fonts are read. Prints the
seconds of processor that each of the others took.
"""

import json
import sys
import time
from pathlib import Path

import weasyprint
from weasyprint.text.fonts import FontConfiguration

ASSETS = Path(__file__).resolve().parents[2] / "amtportal" / "documents" / "document_assets"
FACES = "".join(
    f'@font-face {{ font-family: "Public Sans"; font-weight: {weight}; '
    f'src: url("{(ASSETS / "fonts" / f"PublicSans-{name}.ttf").as_uri()}"); }}'
    for name, weight in (("Regular", 400), ("Bold", 700))
)


def main() -> None:
    fonts = FontConfiguration()
    text = f'{FACES}{(ASSETS / "document.css").read_text()} html {{ font-family: "Public Sans"; }}'
    styles = [weasyprint.CSS(string=text, font_config=fonts)]
    seconds = []
    for html in json.load(sys.stdin):
        begun = time.process_time()
        weasyprint.HTML(string=html).write_pdf(stylesheets=styles, font_config=fonts, pdf_variant="pdf/ua-1")
        seconds.append(time.process_time() - begun)
    print(json.dumps(seconds[1:]))


if __name__ == "__main__":
    main()
