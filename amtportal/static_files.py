"""Static files as they are collected: the parts of the style sheet become one file, which costs a page one request."""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

STYLE_SHEET = "css/portal.css"
IMPORT = re.compile(r'^@import url\("(?P<part>[^"]+)"\)(?: layer\((?P<layer>\w+)\))?;$', re.MULTILINE)
RELATIVE_URL = re.compile(r'url\("(?![a-z]+:|/|#)([^"]+)"\)')


def join(sheet: str, read: Callable[[str], str]) -> tuple[str, list[str]]:
    """Return the style sheet with its parts in the place of their imports, and the names of these parts.

    ``read`` gives the text of a static file by its name. A part imports nothing itself: a browser would ignore it
    in the middle of the joined file, so this raises ``ValueError``.
    """
    folder = posixpath.dirname(sheet)
    parts: list[str] = []

    def text_of(found: re.Match[str]) -> str:
        part = found["part"]
        parts.append(posixpath.join(folder, part))

        def seen_from_the_sheet(url: re.Match[str]) -> str:
            return f'url("{posixpath.normpath(posixpath.join(posixpath.dirname(part), url[1]))}")'

        text = RELATIVE_URL.sub(seen_from_the_sheet, read(parts[-1]).strip())
        if "@import" in text:
            raise ValueError(f"{parts[-1]} is a part of {sheet} and cannot import anything.")
        return f"@layer {found['layer']} {{\n{text}\n}}\n" if found["layer"] else f"{text}\n"

    joined = IMPORT.sub(text_of, read(sheet))
    if "@import" in joined:
        raise ValueError(f'{sheet} has an import that is not written as @import url("…") layer(…);')
    return joined, parts


class JoinedStyleSheetStorage(CompressedManifestStaticFilesStorage):
    """The storage of WhiteNoise. The style sheet that it names by its content and compresses is the joined one."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """``paths`` gives the storage that each file comes from; the joined file comes from this one."""
        if not dry_run:

            def read(name: str) -> str:
                storage, path = paths[name]
                with storage.open(path) as file:
                    return str(file.read().decode())

            joined, parts = join(STYLE_SHEET, read)
            for name in (STYLE_SHEET, *parts):
                self.delete(name)
            self.save(STYLE_SHEET, ContentFile(joined))
            paths = {name: place for name, place in paths.items() if name not in parts}
            paths[STYLE_SHEET] = self, STYLE_SHEET
        yield from super().post_process(paths, dry_run=dry_run, **options)
