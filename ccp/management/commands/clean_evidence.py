"""``manage.py clean_evidence``: delete removed files, and compare the others with their rows."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from amtportal.chunks import CHUNK
from amtportal.commands import NightlyCommand
from amtportal.members import name_requests
from amtportal.members.models import NameRequest
from amtportal.uploads import kept
from ccp.erasure import erasing
from ccp.evidence import attaching as evidence
from ccp.evidence import waiting
from ccp.exports import archives
from ccp.models import Evidence, PendingFile
from ccp.models.activities import reference_of
from ccp.reports.lists import exporting

# A file is written before its row, so a newer file may still get its row.
AGE = timedelta(hours=1)


class Command(NightlyCommand):
    help = """Delete the files of evidence that members removed. List those that no row needs, and remove them if asked.
Compare every file that is attached with its row.

- a file whose row says that it was removed more than a day ago is deleted, and so is the document of a request for
  another name a day after it may last be opened
- a file of a member who was erased by law is removed once no audit can ask for it
- a file whose Record CE form was not submitted within a day, or that was taken out of it, is deleted with its row
- a file without a row is listed: it is left over where recording it was interrupted
- a file younger than an hour is left alone: its row may still be on its way
- a row whose file is missing, cannot be read, or is not the file that was kept (its size or its SHA-256 differs) is
  named and left alone; the exit status is then 1
- a file that was attached before the portal kept digests gets its digest now, once
- an archive of everything about a member that is older than 24 hours is deleted, if the worker did not
- so is a file of a list of members that is older than 7 days"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--remove", action="store_true", help="Remove the files without a row.")

    def handle(self, *, remove: bool, **options: Any) -> None:
        storage, now = kept.storage(), timezone.now()
        if overdue := archives.remove_overdue(at=now):
            self.stdout.write(f"{overdue:,} archives deleted that the worker should have deleted. Is it running?")
        if overdue := exporting.remove_overdue(at=now):
            self.stdout.write(f"{overdue:,} files of lists deleted that the worker should have deleted. Is it running?")
        if over := erasing.remove_evidence(at=now):
            self.stdout.write(f"{over:,} files of members who were erased by law removed: no audit can ask for them.")
        files = deleted = unneeded = 0
        forgotten = waiting.forget(at=now)
        for names in _folders():
            rows = _removed(names)
            files += len(names)
            for name in names:
                if removed_at := rows.get(name):
                    deleted += removed_at < now - evidence.DELETED_AFTER and kept.delete(name)
                elif name not in rows and storage.get_modified_time(name) <= now - AGE:
                    unneeded += 1
                    self.stdout.write(name)
                    if remove:
                        storage.delete(name)
        compared = Counter(self._compare(file) for file in Evidence.objects.attached().order_by("pk").iterator(CHUNK))
        documents = NameRequest.objects.filter(name_requests.with_document(at=now)).order_by("pk")
        compared.update(self._compare_document(asked) for asked in documents.iterator(CHUNK))
        done = "removed" if remove else "found; --remove removes them"
        self.stdout.write(
            f"{files:,} files, {deleted:,} deleted that members removed, {unneeded:,} that no row needs {done}, "
            f"{compared['same']:,} as they were kept, {compared['new']:,} whose digest is kept from now on, "
            f"{compared['other']:,} that are not as they were kept, {compared['missing']:,} rows without a file."
        )
        if forgotten:
            self.stdout.write(f"{forgotten:,} deleted whose Record CE form was not submitted.")
        if compared["other"] or compared["missing"]:
            sys.exit(1)

    def _compare(self, file: Evidence) -> str:
        """Compare a file with its row, and return what it is; tell what is wrong with it."""
        about = f"Evidence {file.pk} of {reference_of(file.activity_id)}"
        outcome, found = self._compare_file(about, file.stored_name, size=file.size, sha256=file.stored_sha256)
        if outcome == "same" and not file.stored_sha256:
            evidence.note_digest(evidence=file, stored_sha256=found)
            return "new"
        return outcome

    def _compare_document(self, asked: NameRequest) -> str:
        about = f"The document of the request for another name {asked.pk}"
        return self._compare_file(about, asked.stored_name, size=asked.document_size, sha256=asked.stored_sha256)[0]

    def _compare_file(self, about: str, name: str, *, size: int, sha256: str) -> tuple[str, str]:
        """Return what a file is, and its SHA-256; tell what is wrong with it. ``sha256``: empty if none was kept."""
        try:
            with kept.storage().open(name) as content:
                found_size, found = content.size, kept.digest(content)
        except FileNotFoundError:
            self.stderr.write(f"{about} lacks its file {name}.")
            return "missing", ""
        except OSError as problem:
            self.stderr.write(f"{about}: its file {name} cannot be read: {problem.strerror}.")
            return "other", ""
        if found_size != size or found != (sha256 or found):
            self.stderr.write(
                f"{about}: its file {name} is not the one that was kept "
                f"({found_size:,} bytes and SHA-256 {found}, kept were {size:,} and {sha256 or 'none'})."
            )
            return "other", found
        return "same", found


def _removed(names: list[str]) -> dict[str, datetime | None]:
    """Return the files that have a row, by name, each with the moment from which nobody can open it."""
    # Those that wait are read first: one that becomes evidence in between is found there.
    waits = PendingFile.objects.filter(stored_name__in=names).values_list("stored_name", flat=True)
    found: dict[str, datetime | None] = dict.fromkeys(waits)
    found |= dict(Evidence.objects.filter(stored_name__in=names).values_list("stored_name", "removed_at"))
    for asked in NameRequest.objects.filter(stored_name__in=names).select_related("member"):
        found[asked.stored_name] = name_requests.document_until(asked)
    return found


def _folders() -> Iterator[list[str]]:
    """Yield the names of all files, folder by folder."""
    storage = kept.storage()
    try:
        folders, _ = storage.listdir("")
    except FileNotFoundError:  # nothing was ever attached
        return
    for folder in sorted(folders):
        yield [f"{folder}/{name}" for name in sorted(storage.listdir(folder)[1])]
