"""Action pages: pages on which staff do something to a record.

A page shows what will happen, asks, and says what was done. The verb in the module of the record's
noun decides. This module turns its refusals into errors of the form, in one place, and keeps
everything that was typed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from amtportal.refusals import Refused


class AlreadyDone(Exception):
    """The form was sent twice: nothing is left to do and nothing is wrong. The text says so."""


@dataclass(frozen=True)
class ActionPage:
    """What a page shows and does.

    ``act`` takes the cleaned form and returns the sentence that says what was done. It raises
    ``Refused`` if its verb refuses, and ``AlreadyDone`` if its work was done already.
    """

    title: str
    button: str
    form: forms.BaseForm
    act: Callable[[dict[str, Any]], str]
    facts: Sequence[tuple[str, object]] = ()
    warning: str = ""


class ActionPagesMixin(admin.ModelAdmin):
    """An admin class with action pages. ``links`` are the buttons at the top of a record's page."""

    change_form_template = "admin/record.html"

    def links(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        """Return the text and address of each button that this person may use on the record now."""
        return []

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = kwargs.get("obj")
        context["links"] = self.links(request, obj) if obj is not None else []
        return super().render_change_form(request, context, *args, **kwargs)

    def page_of(self, obj: models.Model) -> str:
        meta = obj._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[obj.pk])

    def record_for_action(self, request: HttpRequest, object_id: str, permission: str) -> Any:
        """Return the record that an action changes.

        Raises 403 without the permission, and 404 if there is no such record.
        """
        if not (request.user.has_perm(permission) and self.has_view_permission(request)):
            raise PermissionDenied
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        return obj

    def action_page(self, request: HttpRequest, obj: models.Model, action: ActionPage) -> HttpResponse:
        """Show the action, or do it and go back to the record."""
        if request.method == "POST" and action.form.is_valid():
            try:
                done = action.act(action.form.cleaned_data)
            except Refused as refusal:
                field = refusal.field if refusal.field in action.form.fields else None
                action.form.add_error(field, refusal.sentence)
            except AlreadyDone as repeat:
                self.message_user(request, str(repeat), messages.INFO)
                return redirect(self.page_of(obj))
            else:
                self.log_change(request, obj, done)
                self.message_user(request, done, messages.SUCCESS)
                return redirect(self.page_of(obj))
        return self.render_action_page(request, action, original=obj, back=self.page_of(obj))

    def render_action_page(
        self, request: HttpRequest, action: ActionPage, *, original: object, back: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": action.title,
            "action": action,
            "opts": self.opts,
            "original": original,
            "back": back,
        }
        return TemplateResponse(request, "admin/action.html", context)
