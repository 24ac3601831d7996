"""Columns whose values ``amtportal.clean`` has read, in every form and wherever a model is checked.

Migrations know them as Django's own columns, because the database does not see the difference. A
column that was written before, or past the models, may hold something else: ``tidy`` returns the
value as it should be, and ``manage.py check_values`` lists the values that differ.
"""

from typing import Any

from django.db import models

from amtportal import clean, fields


class IdentifierField(models.CharField):
    """An AMT ID, a certificate number, a phone number: what is compared has one form."""

    tidy = staticmethod(clean.identifier)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return super().clean(self.tidy(value) if isinstance(value, str) else value, model_instance)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        kwargs |= {"form_class": form_class or fields.RecordNumberField, "choices_form_class": choices_form_class}
        return super().formfield(**kwargs)

    def deconstruct(self) -> Any:
        return _as_django_has_it(super().deconstruct(), "CharField")


class LineField(models.CharField):
    """A name or another line for people to read."""

    tidy = staticmethod(clean.line)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return super().clean(self.tidy(value) if isinstance(value, str) else value, model_instance)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        kwargs |= {"form_class": form_class or fields.LineField, "choices_form_class": choices_form_class}
        return super().formfield(**kwargs)

    def deconstruct(self) -> Any:
        return _as_django_has_it(super().deconstruct(), "CharField")


class EmailField(models.EmailField):
    """An e-mail address, in lower case."""

    tidy = staticmethod(clean.email)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return super().clean(self.tidy(value) if isinstance(value, str) else value, model_instance)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        kwargs |= {"form_class": form_class or fields.EmailField, "choices_form_class": choices_form_class}
        return super().formfield(**kwargs)

    def deconstruct(self) -> Any:
        return _as_django_has_it(super().deconstruct(), "EmailField")


def _as_django_has_it(deconstructed: Any, name: str) -> Any:
    attribute, _path, args, kwargs = deconstructed
    return attribute, f"django.db.models.{name}", args, kwargs
