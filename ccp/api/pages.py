"""The page for integrators with its description for programs, and the page on which members decide who reads."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amtportal import links
from amtportal.members.access import account_of, for_member
from amtportal.members.limits import over_limit, respond_429
from amtportal.members.models import Member
from amtportal.middleware.headers import public_page
from ccp.api import limits, standing
from ccp.api.addresses import openapi
from ccp.api.forms import DecisionForm
from ccp.api.idempotency import KEPT
from ccp.api.keys import SCOPES
from ccp.api.middleware import MOST_BYTES
from ccp.api.models import EventKind
from ccp.api.problems import KINDS
from ccp.api.samples import MESSAGE, SAMPLES, refused
from ccp.api.webhooks import GIVEN_UP_AFTER, OVERLAP
from ccp.models import ActivityType


@public_page
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the interface to those who write programs for it."""
    context = {
        "host": links.absolute("/").rstrip("/"),
        "operations": _operations(),
        "scopes": SCOPES,
        "problems": [(kind, int(status), title) for kind, (status, title) in KINDS.items()],
        "events": EventKind.choices,
        "activity_types": ActivityType.objects.filter(retired_on=None).order_by("code"),
        "rates": limits.MOST,
        "about_one": limits.MOST_ABOUT_ONE,
        "kept_days": KEPT.days,
        "overlap_days": OVERLAP.days,
        "given_up_days": GIVEN_UP_AFTER.days,
        "most_bytes": f"{MOST_BYTES:,}",
        "message": json.dumps(MESSAGE, indent=2),
        "refusal": json.dumps(refused(links.absolute("/api/v1/docs#refused")), indent=2),
    }
    return render(request, "ccp/api/docs.html", context)


@public_page
@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """Send the description of the interface for programs."""
    return JsonResponse(openapi(), json_dumps_params={"indent": 1})


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def course_systems(request: HttpRequest, member: Member) -> HttpResponse:
    """Show which course systems asked to read the member's standing, and take the member's decision."""
    if request.method == "POST" and over_limit(request, "sharing"):
        return respond_429(request)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        allows = form.cleaned_data["action"] == "allow"
        consent = standing.decide(
            member=member,
            system=form.cleaned_data["system"],
            allows=allows,
            by=account_of(request),
            at=timezone.now(),
        )
        if consent:
            sentence = _("%(system)s can read your standing.") if allows else _("%(system)s cannot read your standing.")
            messages.success(request, sentence % {"system": consent.system})
        return redirect("course-systems")
    context = {"consents": standing.consents_of(member), "form": form}
    return render(request, "ccp/api/course_systems.html", context, status=400 if form.errors else 200)


def _operations() -> list[dict[str, Any]]:
    """Return each address as the page shows it, in the order of the description."""
    schema = openapi()
    found = []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            [[scope]] = operation["security"][0].values()
            path_of_sample, sent, answer = SAMPLES[operation["operationId"]]
            found.append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": operation["summary"],
                    "description": operation["description"].split("\n\n"),
                    "scope": scope,
                    "parameters": operation["parameters"],
                    "fields": _fields(body, schema),
                    "answers": sorted(int(status) for status in operation["responses"]),
                    "sample": path_of_sample,
                    "body": json.dumps(sent, indent=2) if sent else "",
                    "answer": json.dumps(answer, indent=2),
                }
            )
    return found


def _fields(body: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in body:
        body = schema["components"]["schemas"][body["$ref"].rsplit("/", 1)[-1]]
    required = body.get("required", [])
    return [
        {"name": name, "is_required": name in required, "description": field.get("description", "")}
        for name, field in body.get("properties", {}).items()
    ]
