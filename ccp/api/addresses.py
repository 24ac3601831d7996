"""The addresses of the interface. Each takes what was sent, asks the module of its noun, and answers.

The descriptions here are those of the page for integrators (``ccp.api.pages``) and of
``openapi.json``.
"""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import override
from ninja import Header, NinjaAPI, Path, Query
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.responses import Status
from pydantic import BaseModel, Field

from amtportal.refusals import Problem
from ccp.api import credits, limits, matching, standing, states
from ccp.api.bodies import BatchIn, ConsentIn, CreditIn, on_record, sentences
from ccp.api.idempotency import KEPT, Answer, once
from ccp.api.models import Delivery, Key
from ccp.api.problems import CONTENT_TYPE, KINDS, ProblemError
from ccp.api.tokens import KeyAuth

PREFIX = "api/v1/"
SCHEME = "CourseSystem"
NOT_READABLE = "No member with this AMT ID lets you read the standing. Ask for it; the member decides in the portal."
ASKED = "If this is a member, the member now finds your request in the portal, and decides."


class Counted(BaseModel):
    """What an entry counts for, for one certification. Caps can make it less than its points."""

    credential: str = Field(examples=["RMA"])
    points: str = Field(examples=["1.5"])


class CreditOut(BaseModel):
    """What became of a credit."""

    reference: str = Field(description="Your own.", examples=["A-20931"])
    status: str = Field(
        description="recorded, held, refused (held before), withdrawn or voided.",
        json_schema_extra={"enum": ["recorded", "held", "refused", "withdrawn", "voided"]},
        examples=["recorded"],
    )
    entry: str | None = Field(description="AMT's number of the entry, once it is recorded.", examples=["CE-0000349"])
    points: str = Field(description="Points claimed.", examples=["1.5"])
    counted: list[Counted]
    detail: str = Field(description="A sentence for people.", examples=["It is recorded."])


class FieldProblem(BaseModel):
    field: str = Field(examples=["points"])
    sentence: str = Field(examples=["Points come in quarter steps. Enter a number such as 1, 1.25, 1.5 or 1.75."])


class ProblemOut(BaseModel):
    """Why a request was not done (RFC 9457). ``detail`` says how to put it right."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem]
    request_id: str


class RowOut(BaseModel):
    """What became of one row of a batch."""

    row: int = Field(description="From 1, in the order in which they were sent.")
    status: str = Field(
        description="As for one credit; refused rows have errors.",
        json_schema_extra={"enum": ["recorded", "held", "refused", "withdrawn", "voided"]},
    )
    is_new: bool = Field(description="Whether it was taken now, and not by an earlier request.")
    credit: CreditOut | None
    errors: list[FieldProblem]


class BatchOut(BaseModel):
    """What became of the rows, in their order, and how many of each there are."""

    recorded: int
    held: int
    refused: int
    results: list[RowOut]


class MatchOut(BaseModel):
    match: bool


class CycleOut(BaseModel):
    starts_on: str
    ends_on: str
    points_required: str
    points_counted: str


class CertificationOut(BaseModel):
    credential: str
    status: str = Field(examples=["Active, in force"])
    in_force: bool
    valid_until: str | None = Field(description="The last day, if there is one.", examples=["2026-04-30"])
    cycle: CycleOut | None


class StandingOut(BaseModel):
    amt_id: str
    certifications: list[CertificationOut]


class Asked(BaseModel):
    detail: str


class ReadBody(Parser):
    """Takes the body as the middleware has read it, with the digits of its numbers."""

    def parse_body(self, request: HttpRequest) -> Any:
        return request.api_body  # type: ignore[attr-defined]


api = NinjaAPI(
    title="AMT Portal: interface for course systems",
    version="1",
    description="Send the credit of your learners, and ask what AMT allows you to ask.",
    docs_url=None,
    openapi_url=None,
    parser=ReadBody(),
    urls_namespace="api",
)

AmtId = Annotated[str, Path(description="The AMT ID that the person gave.", min_length=1, max_length=40)]
Idempotency = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description=f"Your own number of this request, up to 255 signs, kept for {KEPT.days} days. The same request "
        "again gets the same answer; another request with this number is refused (409).",
        max_length=1000,
    ),
]


def _problems(*kinds: str) -> dict[int, Any]:
    """Return the problems that an address may answer besides those that each may."""
    every = ("no-token", "wrong-scope", "refused", "too-many", "error", "closed")
    return {int(KINDS[kind][0]): ProblemOut for kind in (*every, *kinds)}


_BODY = ("unreadable", "too-large", "not-json")


@api.post(
    "credits",
    auth=KeyAuth("credits:write"),
    response={200: CreditOut, 201: CreditOut, 202: CreditOut, **_problems("conflict", *_BODY)},
    url_name="api-credits",
    operation_id="send_credit",
    summary="Send one credit",
)
def send_credit(request: HttpRequest, response: HttpResponse, credit: CreditIn, number: Idempotency = "") -> Status:
    """Send one credit of a member.

    201: it is recorded. 202: it is held, because no member has this AMT ID and last name, or no open
    cycle takes it; it is recorded when that changes. 200: it was sent before, and this is what became
    of it.
    """
    key, now = key_of(request), timezone.now()
    limits.hold(key, "credits")

    def act() -> Answer:
        [taken] = credits.take(key=key, rows=[credit], at=now)
        if taken.problems:
            raise refusal(taken.problems, kind="conflict" if taken.conflicts else "refused")
        status = HTTPStatus.OK
        if taken.is_new:
            status = HTTPStatus.CREATED if taken.answer["status"] == "recorded" else HTTPStatus.ACCEPTED
        return Answer(status, taken.answer)

    return _answered(request, response, key, number, act)


@api.post(
    "credits/batch",
    auth=KeyAuth("credits:write"),
    response={200: BatchOut, **_problems("conflict", *_BODY)},
    url_name="api-credits-batch",
    operation_id="send_credits",
    summary="Send up to 1,000 credits",
)
def send_credits(request: HttpRequest, response: HttpResponse, batch: BatchIn, number: Idempotency = "") -> Status:
    """Send many credits. Each row is judged by itself: what is wrong with one does not stop the others.

    A row that was sent before, with the same reference and the same values, changes nothing and is
    answered with what became of it. So the same batch can be sent again at any time.
    """
    key, now = key_of(request), timezone.now()
    limits.hold(key, "batch")

    def act() -> Answer:
        results = []
        for row, taken in enumerate(credits.take(key=key, rows=batch.credits, at=now), start=1):
            status = "refused" if taken.problems else taken.answer["status"]
            results.append(
                {
                    "row": row,
                    "status": status,
                    "is_new": taken.is_new,
                    "credit": taken.answer or None,
                    "errors": _fields(taken.problems),
                }
            )
        tally = {status: sum(row["status"] == status for row in results) for status in ("recorded", "held", "refused")}
        return Answer(HTTPStatus.OK, {**tally, "results": results})

    return _answered(request, response, key, number, act)


@api.get(
    "credits/{path:reference}",
    auth=KeyAuth("credits:write"),
    response={200: CreditOut, **_problems("not-found")},
    url_name="api-credit",
    operation_id="read_credit",
    summary="Ask what became of a credit",
)
def read_credit(
    request: HttpRequest,
    reference: Annotated[str, Path(description="Your own reference.", min_length=1, max_length=200)],
) -> Status:
    """Ask what became of a credit that you sent."""
    key = key_of(request)
    limits.hold(key, "credits")
    _refuse_unprintable("reference", reference)
    delivery = Delivery.objects.filter(provider_reference=on_record(key.system, reference)).order_by("-pk").first()
    if delivery is None:
        raise ProblemError("not-found", "You have sent no credit under this reference.")
    [told] = states.describe([delivery]).values()
    return Status(HTTPStatus.OK, told)


@api.get(
    "members/{amt_id}/match",
    auth=KeyAuth("members:match"),
    response={200: MatchOut, **_problems()},
    url_name="api-match",
    operation_id="match_member",
    summary="Ask whether a last name belongs to an AMT ID",
)
def match_member(
    request: HttpRequest,
    amt_id: AmtId,
    last_name: Annotated[str, Query(description="The last name that the person gave.", min_length=1, max_length=150)],
) -> Status:
    """Ask whether the last name belongs to the AMT ID. Anything but both together is no.

    A no does not say why: nobody has the AMT ID, the name is another, or the member does not want to
    be found. Each AMT ID can be asked about ten times in an hour.
    """
    limits.hold(key_of(request), "match", about=amt_id)
    _refuse_unprintable("amt_id", amt_id)
    _refuse_unprintable("last_name", last_name)
    return Status(HTTPStatus.OK, {"match": matching.is_match(amt_id, last_name)})


@api.get(
    "members/{amt_id}/standing",
    auth=KeyAuth("standing:read"),
    response={200: StandingOut, **_problems("not-found")},
    url_name="api-standing",
    operation_id="read_standing",
    summary="Read the standing of a member who allows it",
)
def read_standing(request: HttpRequest, amt_id: AmtId) -> Status:
    """Read the certifications of a member who has allowed you to, with the points of the running cycle.

    The member sees each time that you did. Without permission, the answer is that of an AMT ID that
    nobody has.
    """
    key = key_of(request)
    limits.hold(key, "standing")
    _refuse_unprintable("amt_id", amt_id)
    found = standing.read(key=key, amt_id=amt_id, at=timezone.now())
    if found is None:
        raise ProblemError("not-found", NOT_READABLE)
    return Status(HTTPStatus.OK, found)


@api.post(
    "members/{amt_id}/standing/consent",
    auth=KeyAuth("standing:read"),
    response={202: Asked, **_problems(*_BODY)},
    url_name="api-consent",
    operation_id="ask_for_standing",
    summary="Ask a member for permission to read the standing",
)
def ask_for_standing(request: HttpRequest, amt_id: AmtId, person: ConsentIn) -> Status:
    """Ask a member to let you read the standing. The answer is the same whether there is such a member or not."""
    key = key_of(request)
    limits.hold(key, "consent", about=amt_id)
    _refuse_unprintable("amt_id", amt_id)
    _refuse_unprintable("last_name", person.last_name)
    standing.ask(key=key, amt_id=amt_id, last_name=person.last_name, at=timezone.now())
    return Status(HTTPStatus.ACCEPTED, {"detail": ASKED})


def key_of(request: HttpRequest) -> Key:
    """Return the key of the request: ``KeyAuth`` lets nobody else through."""
    key: Key = request.api_key  # type: ignore[attr-defined]
    return key


def _answered(request: HttpRequest, response: HttpResponse, key: Key, number: str, act: Callable[[], Answer]) -> Status:
    body = request.api_body  # type: ignore[attr-defined]
    answer = once(key=key, number=number, address=request.path_info, body=body, act=act, at=timezone.now())
    if answer.is_repeat:
        response.headers["Idempotency-Replayed"] = "true"
    return Status(answer.status, answer.body)


def refusal(problems: Sequence[Problem], *, kind: str = "refused") -> ProblemError:
    """Return the refusal of a request in which these things are wrong."""
    told = " ".join(f"{one.field}: {one.sentence}" if one.field else one.sentence for one in problems)
    return ProblemError(kind, told, errors=_fields(problems))


def _fields(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [{"field": problem.field, "sentence": problem.sentence} for problem in problems]


def _refuse_unprintable(field: str, value: str) -> None:
    if not value.isprintable():
        raise refusal([Problem(field, "It holds a character that cannot be printed. Delete it.")])


# The addresses that take a body, by name, with its fields.
TAKING: dict[str, Collection[str]] = {
    "api-credits": CreditIn.model_fields,
    "api-credits-batch": BatchIn.model_fields,
    "api-consent": ConsentIn.model_fields,
}


@api.exception_handler(ProblemError)
def _problem(request: HttpRequest, error: ProblemError) -> HttpResponse:
    return error.response()


@api.exception_handler(ValidationError)
def _wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
    name = request.resolver_match.url_name if request.resolver_match else None
    return refusal(sentences(error.errors, known=TAKING.get(name or "", ()))).response()


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return ProblemError("unreadable", "Send the request as /api/v1/docs describes it.").response()


@api.exception_handler(Exception)
def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """Leave it to the portal, which tries again what may succeed (``amtportal.middleware.retry``)."""
    raise error


@cache
def openapi() -> dict[str, Any]:
    """Return the description of the interface for programs (OpenAPI 3.1)."""
    with override("en"):
        schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=PREFIX))
    scopes = {
        operation.operation_id: auth.scope
        for bound in api._get_bound_routers()
        for path in bound.path_operations.values()
        for operation in path.operations
        for auth in operation.auth_callbacks
        if isinstance(auth, KeyAuth)
    }
    for path in schema["paths"].values():
        for operation in path.values():
            operation["security"] = [{SCHEME: [scopes[operation["operationId"]]]}]
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if int(status) >= HTTPStatus.BAD_REQUEST and "application/json" in content:
                    answer["content"] = {CONTENT_TYPE: content["application/json"]}
    schemes = schema["components"]["securitySchemes"]
    schema["components"]["securitySchemes"] = {SCHEME: dict(schemes["KeyAuth"])}
    return schema
