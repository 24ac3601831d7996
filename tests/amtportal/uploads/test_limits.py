"""How much a request may send, and the page for a request that is too large."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from amtportal.members.models import Member
from amtportal.uploads import limits as uploads
from tests.support.builders import client_of
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


class Endless(BytesIO):
    """A body that goes on. ``given`` is how much of it was read."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left = size
        self.given = 0
        self.largest = 0

    def read(self, size: int | None = -1) -> bytes:
        size = self.left if size is None or size < 0 else min(size, self.left)
        self.left -= size
        self.given += size
        self.largest = max(self.largest, size)
        return bytes(size)

    def __len__(self) -> int:
        return self.left


def signed_out(client: Client) -> bool:
    return settings.SESSION_COOKIE_NAME not in client.cookies


def post(client: Client, address: str, size: int) -> tuple[Any, Endless]:
    """Post a form with a file that is said to be this large."""
    body = Endless(size)
    kind = "multipart/form-data; boundary=x"
    sent = {"wsgi.input": body, "CONTENT_LENGTH": str(size), "CONTENT_TYPE": kind}
    client.get("/accounts/login/" if signed_out(client) else "/ccp/record/")  # for the cookie that goes with a form
    client.handler.enforce_csrf_checks = True  # this check is the first that reads the body
    return client.generic("POST", address, **sent), body


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "signed out"])
def test_a_request_that_is_too_large_is_told_so_and_how_to_mend_it(met: Member, signed_in: bool) -> None:
    """The body is read to its end, in small pieces that are thrown away.

    Otherwise a browser would not show the answer.
    """
    address = f"/ccp/activities/{met.activities.get().pk}/evidence/"
    size = uploads.MOST_IN_A_REQUEST + 1
    answer, body = post(client_of(met if signed_in else None), address, size)
    page = read(answer, status=413)
    assert words(page.h1) == "This was too large to send"
    assert "A file can have at most 10 MB." in words(page.main)
    assert (body.given, body.largest) == (size, uploads.CHUNK)


def test_what_is_larger_still_is_not_read_to_its_end(met: Member) -> None:
    answer, body = post(client_of(met), "/ccp/record/", 10**12)
    assert answer.status_code == 413
    assert body.given == uploads.MOST_READ


def test_a_text_that_is_too_large_is_told_the_same(met: Member) -> None:
    answer = client_of(met).post("/ccp/record/", {"title": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)})
    assert words(read(answer, status=413).h1) == "This was too large to send"


def test_too_many_fields_are_a_request_that_cannot_be_read(met: Member) -> None:
    answer = client_of(met).post("/ccp/record/", {f"field{n}": "x" for n in range(1_001)})
    assert words(read(answer, status=400).h1) == "The portal could not read this request"


def test_a_file_lies_on_disk_while_it_comes_in_however_small_it_is() -> None:
    """The memory of a worker must not grow with what people send."""
    assert settings.FILE_UPLOAD_HANDLERS == [
        "amtportal.uploads.limits.Bounded",
        "django.core.files.uploadhandler.TemporaryFileUploadHandler",
    ]
