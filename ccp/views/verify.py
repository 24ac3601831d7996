"""The public pages that tell whether a transcript or another paper is genuine, by its code or by its file.

These pages change nothing and store nothing: a file is hashed while it is received. Visitors are
not signed in, so the forms need no CSRF token. Each address of a visitor may ask only a limited
number of times, because each question is about a person.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from amtportal.members.limits import address_over_limit, respond_429
from amtportal.uploads.digests import Digest, DigestHandler
from ccp.models import Transcript
from ccp.models.transcripts import PaperKind
from ccp.transcripts import authenticity, papers
from ccp.transcripts.forms import CodeForm, FileForm

# A larger request is not read at all.
MOST_BYTES = 50 * 2**20

View = Callable[..., HttpResponse]


def public_check(view: View) -> View:
    """Open the view to anyone, with a rate limit.

    Search engines may not list the page. Uploaded files are hashed, not stored.
    """

    @wraps(view)
    def limited(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        asks = request.method == "POST" or "code" in request.GET or bool(kwargs)
        if asks and address_over_limit(request, "verify"):
            answer = respond_429(request)
        else:
            request.upload_handlers = [DigestHandler(request)]
            answer = view(request, *args, **kwargs)
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    checked: View = login_not_required(csrf_exempt(never_cache(require_http_methods(["GET", "HEAD", "POST"])(limited))))
    return checked


@public_check
def transcript_check(request: HttpRequest) -> HttpResponse:
    """Let the visitor type a code or choose a file."""
    if request.method == "POST":
        return _answer_file(request, None)
    form = CodeForm(request.GET if "code" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect("transcript-verify", form.cleaned_data["code"])
    return _form(request, code_form=form, status=400 if form.errors else 200)


@public_check
def transcript_verify(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was issued under this code, and how the record is now."""
    issue = authenticity.issued_under(code)
    if issue is None:
        code_form = CodeForm(initial={"code": code[:100]})
        return render(request, "ccp/transcripts/transcript_unknown.html", {"code_form": code_form}, status=404)
    if request.method == "POST":
        return _answer_file(request, issue)
    return _finding(request, issue)


def _answer_file(request: HttpRequest, issue: Transcript | None) -> HttpResponse:
    """Show what the file is, for the requested issue or else for the file's own issue."""
    form = _sent_file(request)
    if not form.is_valid():
        if issue:
            return _finding(request, issue, file_form=form, status=400)
        return _form(request, file_form=form, status=400)
    digest = form.cleaned_data["file"].sha256
    issue = issue or authenticity.issued_as(digest)
    if issue is None:
        return _form(request, verdict="unknown")
    return _finding(request, issue, verdict=authenticity.verdict(issue, digest))


def _sent_file(request: HttpRequest) -> FileForm:
    length = int(request.headers.get("Content-Length") or 0)
    if length > MOST_BYTES:
        return FileForm({}, MultiValueDict({"file": [Digest(name="unread", size=length)]}))
    return FileForm(request.POST, request.FILES)


def _form(
    request: HttpRequest,
    *,
    code_form: CodeForm | None = None,
    file_form: FileForm | None = None,
    verdict: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {"code_form": code_form or CodeForm(), "file_form": file_form or FileForm(), "verdict": verdict}
    return render(request, "ccp/transcripts/transcript_check.html", context, status=status)


def _finding(
    request: HttpRequest, issue: Transcript, *, file_form: FileForm | None = None, verdict: str = "", status: int = 200
) -> HttpResponse:
    is_transcript = issue.kind == PaperKind.TRANSCRIPT
    now = timezone.now()
    context = {
        "finding": authenticity.find(issue, at=now) if is_transcript else papers.find(issue, at=now),
        "file_form": file_form or FileForm(),
        "verdict": verdict,
    }
    template = "ccp/transcripts/transcript_verify.html" if is_transcript else "ccp/transcripts/paper_verify.html"
    return render(request, template, context, status=status)
