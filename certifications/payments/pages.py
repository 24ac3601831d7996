"""Pages with a Pay button, whose form leads to the provider's page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from certifications.payments import provider


def with_pay_button(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Return the page. If it shows a Pay button (``pay_online``), its forms may lead to the provider.

    Browsers stop a form whose answer redirects to an origin that ``form-action`` does not name.
    """
    response = render(request, template, context, status=status)
    if context["pay_online"]:
        response._csp_update = {"form-action": [provider.page_origin()]}  # type: ignore[attr-defined]
    return response
