"""Size limits for requests. Files are written to temporary files as they arrive, to save memory.

- A file: ``MOST_BYTES``. The form with the file says so next to the field.
- A whole request: ``MOST_IN_A_REQUEST``. A larger request is not stored, and gets the page with
  status 413.
- Form fields without files: Django's ``DATA_UPLOAD_MAX_MEMORY_SIZE``, with the same page.
"""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults
from django.views.decorators.csrf import requires_csrf_token

MOST_BYTES = 10 * 2**20
MOST_IN_A_REQUEST = 50 * 2**20
MOST_READ = 200 * 2**20
"""A browser shows the response only after it has sent everything, so a request that is too large is
read up to this many bytes. If it is larger still, the connection is closed."""
CHUNK = 64 * 2**10


class Bounded(FileUploadHandler):
    """Checks the length of the request before anything is stored.

    It comes before the handler that stores files.
    """

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: str | None = None
    ) -> None:
        if content_length <= MOST_IN_A_REQUEST:
            return
        left = min(content_length, MOST_READ)
        while left > 0 and (chunk := input_data.read(min(left, CHUNK))):
            left -= len(chunk)
        raise RequestDataTooBig(f"{content_length:,} bytes in one request.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


@login_not_required
@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for a request that could not be read: too large, or wrong in another way."""
    if isinstance(exception, RequestDataTooBig):
        return HttpResponse(render_to_string("413.html"), status=413)
    return defaults.bad_request(request, exception)
