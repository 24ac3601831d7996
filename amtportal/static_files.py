"""The storage for static files: it joins the parts of a style sheet or a script into one file.

A page then needs one request for it. Comments that stand on lines of their own are left out: they
are a sixth of what a phone would fetch.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

JOINED = ("css/portal.css", "js/record.js")
ALONE = ("css/tokens.css", "css/fonts.css")
"""Parts that staff pages link to by themselves, too: their colors and their typeface."""
IMPORT = re.compile(
    r'^(?:@import url\("(?P<style>[^"]+)"\)(?: layer\((?P<layer>\w+)\))?|import "\./(?P<script>[^"]+)");\n',
    re.MULTILINE,
)
LEFT = re.compile(r"^\s*@?import\b", re.MULTILINE)
COMMENT = re.compile(r"^[ \t]*/\*(?:[^*]|\*(?!/))*\*/[ \t]*\n", re.MULTILINE)
RELATIVE_URL = re.compile(r'url\("(?![a-z]+:|/|#)([^"]+)"\)')


def join(name: str, read: Callable[[str], str]) -> tuple[str, list[str]]:
    """Return the file's text with its parts in place of their imports, and the names of the parts.

    ``read`` returns the text of a static file by its name. Raises ``ValueError`` if a part has an
    import itself: a browser ignores an import in the middle of a style sheet.
    """
    parts: list[str] = []

    def text_of(match: re.Match[str]) -> str:
        part = match["style"] or match["script"]
        parts.append(posixpath.join(posixpath.dirname(name), part))

        def seen_from_the_file(url: re.Match[str]) -> str:
            return f'url("{posixpath.normpath(posixpath.join(posixpath.dirname(part), url[1]))}")'

        text = read(parts[-1])
        if match["style"]:
            text = RELATIVE_URL.sub(seen_from_the_file, text)
        return f"@layer {match['layer']} {{\n{text}}}\n" if match["layer"] else text

    joined = IMPORT.sub(text_of, read(name))
    if LEFT.search(joined):
        raise ValueError(f"{name} or a part of it has an import that cannot be joined.")
    return COMMENT.sub("", joined), parts


class JoinedFilesStorage(CompressedManifestStaticFilesStorage):
    """Joins the files in ``JOINED``, then does what WhiteNoise does.

    WhiteNoise names files by their content and compresses them.
    """

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Join the files before WhiteNoise processes them.

        ``paths`` has the storage that each file comes from; a joined file comes from this storage.
        """

        def read(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path) as file:
                return str(file.read().decode())

        for name in () if dry_run else JOINED:
            joined, parts = join(name, read)
            inside = [part for part in parts if part not in ALONE]
            for collected in (name, *inside):
                self.delete(collected)
            self.save(name, ContentFile(joined))
            paths = {each: place for each, place in paths.items() if each not in inside} | {name: (self, name)}
        yield from super().post_process(paths, dry_run=dry_run, **options)
