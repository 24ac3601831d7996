"""Beside each field for a reason stands who will read it: on every action page that a superuser can open."""

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin
from django.urls import reverse

from amtportal.staff.forms import ReadBy, ReasonForm
from tests.support.builders import client_of, make_user
from tests.support.pages import words
from tests.support.staff import DEEDS, populate

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]
TEXTS = {"reason", "answer", "text", "statement", "source", "void_reason", "what"}
READERS = (*ReadBy, "The member reads it", "It is mailed")


def test_a_form_for_a_reason_cannot_leave_out_who_reads_it() -> None:
    with pytest.raises(TypeError, match="read_by"):
        ReasonForm(help_text="For example: by mistake.")  # type: ignore[call-arg]


def test_each_action_page_says_who_reads_what_is_written() -> None:
    populate(1)
    client = client_of(make_user(is_staff=True, is_superuser=True))
    fields = 0
    for name in DEEDS:
        model = next(
            model for model in admin.site._registry if name.startswith(f"{model._meta.label_lower.replace('.', '_')}_")
        )
        record = model._default_manager.order_by("pk").first()
        several = name.endswith(("_several", "_freeze", "_match", "_issue"))
        if record is None and not several:
            continue
        answer = client.get(reverse(f"admin:{name}", args=[] if several else [record.pk]))
        if answer.status_code != 200 or "html" not in answer["Content-Type"]:
            continue  # it is done already, or the case is in another state
        form = BeautifulSoup(answer.text, "html.parser").select_one("#content-main form")
        for row in form.select(".form-row") if form else []:
            if row.select_one(", ".join(f"[name={text}]:not([type=hidden])" for text in TEXTS)):
                fields += 1
                said = words(row.select_one(".help")) if row.select_one(".help") else ""
                assert any(reader in said for reader in READERS), (name, said)
    assert fields > 15
