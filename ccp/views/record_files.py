"""The files of a Record CE form: they wait for it, and one of them can fill it in.

Each button of the form that is about files posts the whole form, so that nothing typed is lost.
``static/js/record/reading.js`` posts it to ``record_files`` instead, and puts the answer into the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amtportal.dates import day_of
from amtportal.members import limits
from amtportal.members.access import account_of, for_member
from amtportal.members.models import Member
from amtportal.refusals import Refused
from amtportal.uploads.kept import DOWNLOADED
from ccp.evidence import files as evidence_files
from ccp.evidence import waiting
from ccp.evidence.cleaner import LeftOut
from ccp.models import PendingFile, Reading
from ccp.reading.found import FIELDS
from ccp.recording import filling, readings
from ccp.recording.filling import Filling
from ccp.recording.forms import RecordCEForm
from ccp.rollover import catching_up

BUTTONS = ("read", "show_read", "choose", "remove_file")


@dataclass
class Taken:
    """What became of the files that came with a form.

    ``problems``: the sentences about those that were refused, by field. ``photo``: the file to read.
    """

    problems: dict[str, list[str]] = field(default_factory=dict)
    photo: PendingFile | None = None

    @property
    def sentences(self) -> list[str]:
        return [sentence for of_field in self.problems.values() for sentence in of_field]

    def tell(self, form: RecordCEForm) -> None:
        """Show the problems in the form."""
        if self.problems and not form.errors and not form.is_bound:
            form.cleaned_data = {}  # a form without data has none, and no error could be added
        for name, sentences in self.problems.items():
            for sentence in sentences:
                form.add_error(name, sentence)


@dataclass(frozen=True)
class Told:
    """A reading as the page tells of it. ``found``: whether the form takes anything of it."""

    reading: Reading
    standing: str
    found: bool


@dataclass(frozen=True)
class Part:
    """What the page shows about the files of a form."""

    files: Sequence[tuple[PendingFile, list[str]]] = ()
    readings: Sequence[Told] = ()
    fillings: Sequence[Filling] = ()

    @property
    def is_waiting(self) -> bool:
        return any(readings.Standing(told.standing).is_open for told in self.readings)

    @property
    def asks(self) -> bool:
        return any(offered.asks for offered in self.fillings)

    @property
    def fills(self) -> dict[str, str]:
        """Return what fills in the empty fields."""
        return {offered.name: option.typed for offered in self.fillings if (option := offered.fills)}

    def filled(self) -> "Part":
        """Return what the page shows once they are filled in."""
        return replace(self, fillings=[offered.filled() for offered in self.fillings])


def is_about_files(request: HttpRequest) -> bool:
    """Return whether the member pressed a button that is about files, and not Submit or Preview."""
    return any(name in request.POST for name in BUTTONS)


def take_in(request: HttpRequest, member: Member, number: UUID, at: datetime) -> Taken:
    """Let the files that came with the form wait for it. A file that is refused stops no other."""
    taken = Taken()
    sent = [(name, upload) for name in ("photo", "files") for upload in request.FILES.getlist(name)]
    for name, upload in sent:
        try:
            if limits.over_limit(request, "evidence"):
                limits.note_reached(request, "evidence", user=account_of(request))
                raise Refused(_("That is a lot of files in a short time. Wait a minute, then add this one."))
            with evidence_files.opened(upload) as file:
                kept, _is_new = waiting.keep(member=member, number=number, file=file, at=at)
        except Refused as refused:
            sentence = f"{upload.name}: {refused.sentence}" if len(sent) > 1 else refused.sentence
            taken.problems.setdefault(name, []).append(sentence)
        else:
            if name == "photo":
                taken.photo = kept
    return taken


def have_read(request: HttpRequest, taken: Taken, at: datetime) -> None:
    """Have the chosen file read, if one was chosen and the member has not had too many read."""
    if taken.photo:
        readings.ask(file=taken.photo, at=at, may_be_read=not limits.over_limit(request, "reading"))


def number_of(form: RecordCEForm) -> UUID | None:
    """Return the number of the form; None if it has none that can be read."""
    try:
        return UUID(str(form["submission_id"].value()))
    except ValueError:
        return None


def keep_with(form: RecordCEForm, member: Member, number: UUID, at: datetime) -> None:
    """Keep the files with the form, which has another number now, or came without one."""
    shown = number_of(form)
    if shown is None:
        form.show_number(number)
    elif shown != number:
        waiting.move(member=member, number=number, to=shown, at=at)


def part_of(form: RecordCEForm, member: Member, at: datetime) -> Part:
    """Return what there is to show about the files of the form."""
    number = number_of(form)
    files = list(waiting.of_form(member, number, at)) if number else []
    if not files:
        return Part()
    read = readings.of_files(files)
    fillings = filling.fillings(form, read)
    found = {offered.file.pk for offered in fillings}
    return Part(
        [(file, evidence_files.told_about(LeftOut(file.left_out))) for file in files],
        [Told(reading, readings.standing(reading, at).value, reading.file_id in found) for reading in read],
        fillings,
    )


def beside(offered: Filling) -> SafeString:
    """Return what stands at a field of the form about what was read; empty if that is nothing."""
    if not (offered.chosen or offered.asks):
        return SafeString("")
    return render_to_string("ccp/recording/_read_beside.html", {"offered": offered})


def mark(form: RecordCEForm, part: Part) -> None:
    """Show at each field of the form what was read for it."""
    for offered in part.fillings:
        if told := beside(offered):
            shown = form[offered.name]
            shown.field.noted = told  # type: ignore[attr-defined]  # amtportal.form_rendering writes it
            described = [
                f"{shown.auto_id}_{what}"
                for what, is_there in (("helptext", shown.help_text), ("error", shown.errors), ("read", True))
                if is_there
            ]
            shown.field.widget.attrs["aria-describedby"] = " ".join(described)


def edited(request: HttpRequest, member: Member, number: UUID, taken: Taken, at: datetime) -> QueryDict:
    """Do what the pressed button says, and return the fields as they are typed then."""
    typed = QueryDict(mutable=True)
    for name in (*RecordCEForm.KEPT, "attested"):
        if name in request.POST:
            typed.setlist(name, request.POST.getlist(name))
    typed["submission_id"] = str(number)
    if "read" in request.POST and "photo" not in request.FILES:
        taken.problems["photo"] = [_("Choose a photo or a file first.")]
    if key := request.POST.get("remove_file"):
        waiting.remove(member=member, number=number, key=_key(key), at=at)
    name, _equals, value = request.POST.get("choose", "").partition("=")
    if name in FIELDS:
        typed[name] = value
    return typed


def _key(written: str) -> int:
    """Return the key of a row; 0, which none has, for anything else."""
    return int(written) if written.isascii() and written.isdigit() and len(written) <= 18 else 0


@require_POST
@for_member
def record_files(request: HttpRequest, member: Member) -> HttpResponse:
    """Take files into a form, or one out of it, and say what its page shows then, as JSON.

    The fields of the form come along, so that what was read can be judged with them. Nothing is
    recorded.
    """
    now = timezone.now()
    open_cycles = catching_up.open_for_records(member, at=now)
    form = RecordCEForm(request.POST, open_cycles=open_cycles, on=day_of(now))
    number = number_of(form)
    if number is None or not open_cycles:
        raise Http404
    taken = take_in(request, member, number, now)
    have_read(request, taken, now)
    if key := request.POST.get("remove_file"):
        waiting.remove(member=member, number=number, key=_key(key), at=now)
    part = part_of(form, member, now)
    return JsonResponse(
        {
            "files": render_to_string("ccp/recording/_files_list.html", {"part": part}),
            "state": render_to_string("ccp/recording/_reading_state.html", {"part": part}),
            "waiting": part.is_waiting,
            "problems": taken.problems,
            "fields": [_field(offered) for offered in part.fillings],
        }
    )


def _field(offered: Filling) -> Mapping[str, Any]:
    """Return what the script does with one field."""
    fills = offered.fills
    return {"name": offered.name, "fill": fills.typed if fills else None, "beside": beside(offered.filled())}


@require_safe
@for_member
def record_crop(request: HttpRequest, member: Member, pk: int, name: str, number: int) -> HttpResponse:
    """Show the piece of a file on which a candidate stands, to the member whose file waits."""
    file = get_object_or_404(waiting.of_member(member, timezone.now()).filter(reading__isnull=False), pk=pk)
    content = filling.crop(file.reading, name, number)
    if not content:
        raise Http404
    return HttpResponse(content, content_type="image/png", headers=DOWNLOADED)
