"""The label of a form's field, and the sentences for what is wrong with it."""

from typing import Any

from django.utils.functional import Promise


def label_field(form: Any, field: str, label: str | Promise, required: str | Promise) -> None:
    """Give a field its label and the sentence for an empty or unreadable entry."""
    form.fields[field].label = label
    form.fields[field].error_messages |= {"required": required, "invalid": required}
    form.fields[field].widget.attrs.pop("placeholder", None)
