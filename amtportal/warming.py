"""What a new worker of the web server does before it takes requests.

The first page of a process used to wait 0.4 to 1.0 seconds, while Django read every view and compiled
the templates of the page. A worker that starts has nobody waiting for it.
"""

from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver


def warm_up() -> None:
    """Read every view, and compile the templates of members' pages.

    Those of the admin are few people's, and stay out of the memory of workers that never show them.
    """
    _ = get_resolver().url_patterns
    folders: list[Path] = settings.TEMPLATES[0]["DIRS"]  # type: ignore[assignment]
    for folder in folders:
        for path in sorted(folder.rglob("*.html")):
            name = path.relative_to(folder)
            if name.parts[0] != "admin":
                get_template(str(name))
