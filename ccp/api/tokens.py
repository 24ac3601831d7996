"""Tokens: a course system shows the secret of its key and gets a token for some minutes (OAuth 2).

allauth's own token endpoint does it (RFC 6749, client credentials), and stores tokens as hashes.
Nothing else of it is served: nobody signs in with it, and no program registers by itself. Tokens
are opaque, so no signing key is needed.

A token opens the addresses of the interface that its scopes name, and no page. A session opens no
address of the interface. Each request looks at the key again, so that a key that ended or was
revoked opens nothing.
"""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from allauth.idp.oidc import views
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client, Token
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from ninja.security.base import AuthBase

from amtportal.dates import day_of
from amtportal.members.limits import address_over_limit, reached
from ccp.api import keys
from ccp.api.models import Key
from ccp.api.problems import ProblemError

GRANT = Client.GrantType.CLIENT_CREDENTIALS
LONGEST_TOKEN = 200


class Adapter(DefaultOIDCAdapter):
    """allauth's adapter: no token is bound to another server."""

    def validate_resource_uris(self, *, uris: list[str], **kwargs: Any) -> None:
        if uris:
            raise ValidationError("Leave out the resource.")


def _refusal(status: int, error: str, description: str, **headers: str) -> JsonResponse:
    """Return an error in the form that OAuth 2 has for it (RFC 6749, section 5.2)."""
    headers = {"Cache-Control": "no-store", **headers}
    return JsonResponse({"error": error, "error_description": description}, status=status, headers=headers)


@csrf_exempt
@login_not_required
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Give a token to a course system that shows the secret of a key that works."""
    if address_over_limit(request, "api_token"):
        limit = reached(request)
        wait = str(max(1, round(limit.seconds))) if limit else "60"
        answer = _refusal(429, "temporarily_unavailable", f"Too many requests. Wait {wait} seconds.")
        answer.headers["Retry-After"] = wait
        return answer
    if request.content_type != "application/x-www-form-urlencoded":
        form = "Send a form, with the header Content-Type: application/x-www-form-urlencoded."
        return _refusal(400, "invalid_request", form)
    if request.POST.get("grant_type") != GRANT:
        return _refusal(400, "unsupported_grant_type", f"Send grant_type={GRANT}.")
    if any("\0" in value for values in request.POST.lists() for value in [values[0], *values[1]]):
        return _refusal(400, "invalid_request", "A value holds a character that cannot be stored. Delete it.")
    client_id = _client_of(request)
    if client_id is None or "\0" in client_id:
        return _no_client()
    key = Key.objects.filter(client=client_id).select_related("client").first()
    if key is None:
        return _no_client()
    with transaction.atomic():
        try:
            answer = views.token(request)
        except ValidationError as problem:
            return _refusal(400, "invalid_target", problem.messages[0])
        if answer.status_code == 200 and (why := keys.why_not(key, day_of(timezone.now()))):
            transaction.set_rollback(True)
            return _refusal(401, "invalid_client", why)
    if answer.status_code == 401:
        return _no_client()
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _no_client() -> JsonResponse:
    answer = _refusal(401, "invalid_client", "No key has this client ID and secret. Check both, or ask AMT.")
    answer.headers["WWW-Authenticate"] = 'Basic realm="AMT Portal"'
    return answer


def _client_of(request: HttpRequest) -> str | None:
    """Return the client ID of the request, from its header or its form."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.POST.get("client_id")
    try:
        return unquote_plus(base64.b64decode(value, validate=True).decode().partition(":")[0])
    except (binascii.Error, UnicodeDecodeError):
        return None


class KeyAuth(AuthBase):
    """Lets a request with a token of the right scope pass, and sets ``request.api_key``."""

    openapi_type = "oauth2"
    openapi_flows = {"clientCredentials": {"tokenUrl": "/api/v1/token", "scopes": keys.SCOPES}}

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Key:
        now = timezone.now()
        found = _token_of(request)
        if found is None or found.client is None:
            raise _no_token("Send the header Authorization: Bearer, with a token from /api/v1/token.")
        key = Key.objects.select_related("system").filter(client=found.client_id).first()
        if key is None:
            raise _no_token("This token belongs to no key. Ask AMT for one.")
        if why := keys.why_not(key, day_of(now)):
            raise _no_token(why)
        request.api_key = key  # type: ignore[attr-defined]
        keys.count(key, at=now)
        if self.scope not in found.get_scopes() or self.scope not in key.scopes:
            raise ProblemError(
                "wrong-scope",
                f"This address needs {self.scope}. Ask for a token with this scope; if the key does not have it, ask "
                "AMT for a key that does.",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self.scope}"'},
            )
        return key


def _token_of(request: HttpRequest) -> Token | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    value = value.strip()
    if scheme.lower() != "bearer" or not value or len(value) > LONGEST_TOKEN or not value.isascii():
        return None
    tokens = Token.objects.select_related("client").valid().by_value(value)
    return tokens.filter(type=Token.Type.ACCESS_TOKEN).first()


def _no_token(sentence: str) -> ProblemError:
    return ProblemError("no-token", sentence, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
