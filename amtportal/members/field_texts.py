"""The labels and error messages of form fields."""

from typing import Any

from django.utils.functional import Promise


def label_field(form: Any, field: str, label: str | Promise, required: str | Promise) -> None:
    """Set the label of a field and its error message for an empty or unreadable entry."""
    form.fields[field].label = label
    form.fields[field].error_messages |= {"required": required, "invalid": required}
    form.fields[field].widget.attrs.pop("placeholder", None)
