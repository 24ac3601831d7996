"""Imports in the admin.

Staff upload a file, read what it would change or what is wrong with it, and confirm. The import
itself is a resource, the same one that the command uses.
"""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from import_export.admin import ImportMixin
from import_export.forms import ImportForm
from import_export.results import Result
from import_export.tmp_storages import MediaStorage

from amtportal.imports.csv_files import CsvFormat
from amtportal.members.limits import over_limit, respond_429

MOST_BYTES = 250_000  # about 3,000 rows, which take about ten seconds
KEPT = timedelta(days=1)


class Uploads(MediaStorage):
    """Uploaded files between the preview and the confirmation, where every web process finds them.

    They hold personal data. A file that nobody confirmed is deleted at the first upload that comes
    more than a day later.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(MEDIA_FOLDER="roster-uploads", **kwargs)

    def save(self, data: bytes) -> None:
        super().save(data)
        before = timezone.now() - KEPT
        for name in self._storage.listdir(self.MEDIA_FOLDER)[1]:
            path = f"{self.MEDIA_FOLDER}/{name}"
            if self._storage.get_modified_time(path) < before:
                self._storage.delete(path)


class UploadForm(ImportForm):
    """The form for the file. A subclass names the command that imports larger files."""

    command: str

    def clean_import_file(self) -> UploadedFile:
        file = self.cleaned_data["import_file"]
        if file.size > MOST_BYTES:
            raise ValidationError(
                f"A file of more than {MOST_BYTES // 1000} kB takes longer than a page may. Load it with the "
                f"command {self.command}."
            )
        return file


class ImportPages(ImportMixin):
    """The pages of one import, for an admin class.

    A subclass sets the attributes that are declared here without a value, and its form.
    """

    may_import: str  # a permission
    import_label: str
    import_formats = [CsvFormat]
    import_form_class = UploadForm
    import_template_name = "admin/import.html"
    import_export_change_list_template = "admin/import_list.html"
    tmp_storage_class = Uploads
    skip_admin_log = True  # the history of each record names the file and the person

    @property
    def import_page(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import")

    def import_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return the links that this person sees above the list: texts and addresses."""
        return [(self.import_label, self.import_page)] if self.has_import_permission(request) else []

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.may_import)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "import_links": self.import_links(request)})

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and over_limit(request, "import"):
            return respond_429(request)
        return super().import_action(request, **kwargs)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return super().process_import(request, **kwargs)
        except FileNotFoundError:
            self.message_user(
                request, "This file was imported already, or waited too long. Upload it again.", messages.WARNING
            )
            return redirect(self.import_page)

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Show an error if nothing was written.

        This happens if the file was right in the preview and the record has changed since then.
        """
        if not (result.has_errors() or result.has_validation_errors()):
            response = super().process_result(result, request)
            if sentences := getattr(result, "for_staff", ()):
                self.message_user(request, " ".join(sentences), messages.WARNING)
            return response
        self.message_user(
            request,
            "Nothing was imported: the record has changed since the preview. Upload the file again.",
            messages.ERROR,
        )
        return redirect(self.import_page)
