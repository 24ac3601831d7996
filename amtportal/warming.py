"""What a new worker of the web server does before it takes requests.

Without it, the first page of a process waits while Django reads every view and compiles the templates
of the page. Nobody waits for a worker that starts.
"""

from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver

FIRST_PAGES = (
    "_",
    "base",
    "home",
    "account/login",
    "certifications/",
    "ccp/standing/",
    "ccp/recording/",
    "ccp/activities/",
)
"""With what the names of the templates begin: sign-in, Home, My Certifications, Record CE and Activities.

The others would take 6 MiB more in each worker, for pages that few open.
"""


def warm_up() -> None:
    """Read every view, and compile the templates of the pages that members open first."""
    _ = get_resolver().url_patterns
    folders: list[Path] = settings.TEMPLATES[0]["DIRS"]  # type: ignore[assignment]  # a setting may hold anything
    for folder in folders:
        for path in sorted(folder.rglob("*.html")):
            name = str(path.relative_to(folder))
            if name.startswith(FIRST_PAGES):
                get_template(name)
