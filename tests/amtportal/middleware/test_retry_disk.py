"""A disk that is full or read-only.

The answer says so with status 503, nothing is recorded, and documents are sent nevertheless.
"""

import errno
import os
from pathlib import Path
from unittest.mock import patch

import pytest
from pytest_django.fixtures import Settings

from amtportal.members.models import Member
from ccp.models import Evidence
from tests.support.builders import client_of, cycle_of
from tests.support.evidence import picture, sent
from tests.support.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
FULL = [OSError(number, os.strerror(number)) for number in (errno.ENOSPC, errno.EROFS, errno.EDQUOT)]
PLACES = {
    "django.core.files.uploadedfile.tempfile.NamedTemporaryFile": "where it comes in",
    "ccp.evidence.files.tempfile.TemporaryFile": "where it is opened",
    "django.core.files.storage.Storage.save": "where it is kept",
}


@pytest.mark.parametrize("error", FULL, ids=str)
@pytest.mark.parametrize("place", PLACES, ids=PLACES.values())
def test_a_file_for_which_there_is_no_room_is_said_and_nothing_is_attached(
    met: Member, place: str, error: OSError
) -> None:
    entry, client = met.activities.get(), client_of(met)
    client.raise_request_exception = False
    address = f"/ccp/activities/{entry.pk}/evidence/"
    with patch(place, side_effect=error):
        answer = client.post(address, {"file": sent(picture("PNG"))})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert read(answer, 503).select_one("main a")["href"] == address, "a file cannot be sent again for somebody"
    assert not Evidence.objects.exists()


def test_another_error_of_a_file_is_500(met: Member) -> None:
    client = client_of(met)
    client.raise_request_exception = False
    with patch("django.core.files.storage.Storage.save", side_effect=PermissionError(errno.EACCES, "no")):
        answer = client.post(f"/ccp/activities/{met.activities.get().pk}/evidence/", {"file": sent(picture("PNG"))})
    assert answer.status_code == 500


@pytest.mark.parametrize("error", FULL, ids=str)
def test_a_document_that_was_laid_out_is_sent_though_it_cannot_be_kept(
    met: Member, settings: Settings, tmp_path: Path, error: OSError, caplog: pytest.LogCaptureFixture
) -> None:
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {**settings.CACHES, "documents": {"BACKEND": backend, "LOCATION": tmp_path}}
    with patch(f"{backend}.set", side_effect=error), patch(f"{backend}.get", side_effect=error):
        answer = client_of(met).get(f"/ccp/transcript/{cycle_of(met).pk}.pdf")
    assert answer.content.startswith(b"%PDF-")
    assert "The cache of documents" in caplog.text
