"""Staff at work: their accounts, and the admin's pages as a browser uses them."""

from typing import Any

from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from amtportal.members.models import User
from tests.builders import make_user


def make_clerk(*permissions: str, **fields: Any) -> User:
    """Staff with these permissions, by codename."""
    clerk = make_user(**{"is_staff": True, **fields})
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return clerk


def page(model: Any, name: str = "changelist", *args: object) -> str:
    """The address of an admin page of the model."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def found(client: Client, model: Any, **query: str) -> list[Any]:
    """The rows that a list shows."""
    return list(client.get(page(model), query).context["cl"].result_list)


def submit(client: Client, address: str, **typed: str) -> HttpResponse:
    """Open a record's page, type into its form, and send all of the form as a browser does."""
    form = BeautifulSoup(client.get(address).text, "html.parser").select_one("#content-main form")
    assert form is not None
    data = {}
    for field in form.select("input[name], select[name], textarea[name]"):
        if field.name == "select":
            chosen = field.select("option[selected]")
            data[field["name"]] = [option["value"] for option in chosen]
        elif field.get("type") not in ("submit", "checkbox") or field.has_attr("checked"):
            untouched = "on" if field.get("type") == "checkbox" else ""
            data[field["name"]] = field.get("value", untouched) if field.name == "input" else field.text.strip()
    return client.post(address, {**data, **typed})


def told(client: Client, response: HttpResponse) -> str:
    """The last message on the page to which the response leads."""
    return [str(message) for message in client.get(response["Location"]).context["messages"]][-1]
