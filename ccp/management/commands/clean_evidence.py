"""``manage.py clean_evidence``: delete removed files; list files without rows, and the reverse."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from amtportal.chunks import CHUNK
from ccp.evidence import attaching as evidence
from ccp.models import Evidence

# A file is written before its row, so a newer file may still get its row.
AGE = timedelta(hours=1)


class Command(BaseCommand):
    help = """Delete the files of evidence that members removed. List those that no row needs, and remove them if asked.

- a file whose row says that it was removed more than a day ago is deleted
- a file without a row is listed: it is left over where recording it was interrupted
- a file younger than an hour is left alone: its row may still be on its way
- a row that lacks its file is named and left alone; the exit status is then 1"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--remove", action="store_true", help="Remove the files without a row.")

    def handle(self, *, remove: bool, **options: Any) -> None:
        storage, now = evidence.storage(), timezone.now()
        files = deleted = unneeded = missing = 0
        for names in _folders():
            rows = dict(Evidence.objects.filter(stored_name__in=names).values_list("stored_name", "removed_at"))
            files += len(names)
            for name in names:
                if removed_at := rows.get(name):
                    deleted += removed_at < now - evidence.DELETED_AFTER and evidence.delete_file(name)
                elif name not in rows and storage.get_modified_time(name) <= now - AGE:
                    unneeded += 1
                    self.stdout.write(name)
                    if remove:
                        storage.delete(name)
        attached = Evidence.objects.attached().order_by("pk").values_list("pk", "activity", "stored_name")
        for key, activity, name in attached.iterator(chunk_size=CHUNK):
            if not storage.exists(name):
                missing += 1
                self.stderr.write(f"Evidence {key} of CE-{activity:07d} lacks its file {name}.")
        done = "removed" if remove else "found; --remove removes them"
        self.stdout.write(
            f"{files:,} files, {deleted:,} deleted that members removed, {unneeded:,} that no row needs {done}, "
            f"{missing:,} rows without a file."
        )
        if missing:
            sys.exit(1)


def _folders() -> Iterator[list[str]]:
    """Yield the names of all files, folder by folder."""
    storage = evidence.storage()
    try:
        folders, _ = storage.listdir("")
    except FileNotFoundError:  # nothing was ever attached
        return
    for folder in sorted(folders):
        yield [f"{folder}/{name}" for name in sorted(storage.listdir(folder)[1])]
