"""The base of every admin class of the portal.

- Search finds a record by its member's name, e-mail address or AMT ID, and by the record's number.
- A page needs the same number of queries for any number of rows, because it joins related rows.
- Staff do not delete records directly, and some records they do not edit either: verbs do it.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper

from amtportal import clean
from amtportal.fields import DayField, NumberField
from amtportal.formatting import dollars, format_day, format_points
from amtportal.history.lines import write_line
from amtportal.staff.actions import ActionPagesMixin
from amtportal.staff.changelists import BOUND, BoundedPaginator, StaffChangeList, TooMany, among, keys_in
from amtportal.staff.searching import MOST_PEOPLE, MOST_WORDS, first_words


def numbered(prefix: str, words: str) -> int | None:
    """Return the key in a record's number: 12 for ``INV-0000012``. None for any other words."""
    match = re.fullmatch(rf"{prefix}-?([0-9]{{1,18}})", clean.identifier(words), re.IGNORECASE) if prefix else None
    return int(match[1]) if match else None


# What staff type into a day or a number is read without the characters that nobody sees.
READ_CLEAN: dict[Any, dict[str, Any]] = {
    models.DateField: {"form_class": DayField},
    models.DecimalField: {"form_class": NumberField},
}


class StaffAdmin(ActionPagesMixin, admin.ModelAdmin):
    formfield_overrides = READ_CLEAN
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # a facet would count the whole table again
    list_per_page = 50
    view_on_site = False
    ordering = ["-pk"]
    list_select_related: ClassVar[list[str]] = []
    """What the list joins."""
    list_reads: ClassVar[list[str]] = []
    """What the list reads, of the record and of what it joins: what its columns show."""
    page_select_related: ClassVar[list[str]] = []
    """What the record's own page and its action pages join besides."""
    sortable_by: ClassVar[list[str]] = []
    search_fields: ClassVar[list[str]] = []
    """The lookup from a record to its member, if it has one. The list then has a search box."""
    number_prefix = ""
    """The beginning of the record's own number."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Autocomplete menus and the record's own page show the same related rows as the list.
        joined = [*self.list_select_related, *self.page_select_related]
        queryset = super().get_queryset(request)
        return queryset.select_related(*joined) if joined else queryset

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return StaffChangeList

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else []  # a new record has nothing to show

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            self._lock(request, object_id)
            return super().changeform_view(request, object_id, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            self._lock(request, object_id)
            return super().delete_view(request, object_id, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        # The library asks the database for any text as a key.
        try:
            self.opts.pk.to_python(unquote(object_id))
        except ValidationError:
            raise Http404 from None
        return super().history_view(request, object_id, *args, **kwargs)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Answer that there is no such record. Django would go to the admin's first page, as if all were well."""
        raise Http404

    def _lock(self, request: HttpRequest, object_id: str | None) -> None:
        """Lock the record before Django reads it.

        Django writes the whole row, which would undo what others change in between.
        """
        if request.method == "POST" and object_id:
            record = self.get_object(request, unquote(object_id))
            if record is not None:
                self.model._base_manager.select_for_update(no_key=True).filter(pk=record.pk).first()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = clean.line(search_term.replace("\0", " "))  # PostgreSQL does not accept NUL in text
        if not (words and self.search_fields):
            return queryset, False
        words = self._within_most_words(request, words)
        try:
            return queryset.filter(self.found_by(words)), False
        except TooMany as too_many:
            advice = "Add a word, such as the last name, or search by AMT ID."
            self._tell_searcher(request, f"More than {too_many.most:,} fit “{words}”. {advice}")
            return queryset.none(), False

    def _within_most_words(self, request: HttpRequest, words: str) -> str:
        """Return the words by which is searched, and tell the page if these are not all."""
        used = first_words(words)
        if used == words.split(maxsplit=MOST_WORDS):
            return words
        self._tell_searcher(request, f"Only the first {MOST_WORDS} words were used in this search.")
        return " ".join(used)

    def _tell_searcher(self, request: HttpRequest, sentence: str) -> None:
        """Add a warning to the page. A field that suggests records has no place for it."""
        if request.resolver_match and request.resolver_match.url_name != "autocomplete":
            self.message_user(request, sentence, messages.WARNING)

    def found_by(self, words: str) -> Q:
        """Return the condition for the records that match the words."""
        number = numbered(self.number_prefix, words)
        if number is not None:
            return Q(pk=number)
        # The model is loaded by name because the admin of members imports this module.
        members = apps.get_model("members", "Member").objects
        path = self.search_fields[0]
        keys = keys_in(members.keys_found_by(words), most=MOST_PEOPLE)
        return among(*self._nearer(path, keys))

    def _nearer(self, path: str, keys: list[int]) -> tuple[str, list[int]]:
        """Follow the members to the certifications and cycles that they have.

        The list then counts and shows what refers to these, without joining its way to the members
        twice. A member has many entries, so these are not looked up.
        """
        fields = get_fields_from_path(self.model, path) if path != "pk" else []
        for field in reversed(fields[1:]):
            holders = field.model._base_manager.filter(among(field.name, keys)).order_by().values_list("pk", flat=True)
            if (
                field.model._meta.model_name not in ("certification", "cycle")
                or len(held := holders[: BOUND + 1]) > BOUND
            ):
                break
            path, keys = path.rpartition("__")[0], list(held)
        return path, keys

    def get_actions(self, request: HttpRequest) -> Any:
        # Deleting several records at once would first collect everything that refers to them.
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}


class NeverDeleted(admin.ModelAdmin):
    """A mixin for records that must not be deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DeletedUnused(admin.ModelAdmin):
    """A mixin for records that may be deleted while nothing refers to them.

    ``used_in`` names the relation that shows whether something does.
    """

    used_in = ""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not getattr(obj, self.used_in).exists())


class WrittenByVerbs(NeverDeleted):
    """A mixin for records that only the portal's verbs write.

    Staff read them, and change them with the record's action pages.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ShownInline(admin.TabularInline):
    """Rows of another table, which staff read on the record's page and change on their own page."""

    template = "admin/shown_inline.html"
    extra = 0
    can_delete = False
    select_related: ClassVar[list[str]] = []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset = super().get_queryset(request)
        return queryset.select_related(*self.select_related) if self.select_related else queryset

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _InWords(HistoricalRecordContextHelper):
    """Writes changes with days, points and money in the portal's formats."""

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        if isinstance(value, int) and change.field in ("amount", "annual_fee"):
            return dollars(value)
        if isinstance(value, Decimal):
            return format_points(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return format_day(value)
        return super().prepare_delta_change_value(change, value)


class HistoryAdmin(StaffAdmin, SimpleHistoryAdmin):
    """An admin class with the history of each record: who changed what, when, from what to what."""

    object_history_list_template = "admin/history_list.html"

    def get_urls(self) -> list[URLPattern]:
        # The page of a single version would save what is posted to it, without any permission or
        # verb.
        return [url for url in super().get_urls() if not (url.name or "").endswith("_simple_history")]

    def get_history_queryset(self, request: HttpRequest, *args: Any) -> QuerySet[Any]:
        # If the model has no foreign keys, the library does not join the person and needs a query
        # for each row.
        return super().get_history_queryset(request, *args).select_related("history_user")

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> Any:
        return _InWords(self.model, historical_record)


class WholeHistoryAdmin(HistoryAdmin):
    """Writes one line of history for a record and the related records chosen on its page.

    Django saves the related records after the record itself.
    """

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.skip_history_when_saving = True
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        del form.instance.skip_history_when_saving
        write_line(form.instance, created=not change)
