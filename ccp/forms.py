"""The forms of a member's pages. Record CE reads what people type and asks ``ccp.recording`` which rules it breaks."""

import re
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, cast

from django import forms
from django.db.models import prefetch_related_objects
from django.forms.models import ModelChoiceIterator
from django.http import QueryDict

from amtportal.dates import day_of
from amtportal.words import plain, us
from ccp import claims, recording
from ccp.models import Activity, ActivityType, Credit
from ccp.terms import CategoryOffer, Terms, catalogue, points_for
from certifications.models import Cycle


class TypedNumberField(forms.CharField):
    """A number as people type it: ``1.5``, ``1,5``, ``.5``, `` 2 ``. No signs, exponents or words."""

    # A comma before three digits is left alone: it may part thousands.
    READABLE = re.compile(r"(?=.*[0-9])([0-9]{0,20})(?:\.([0-9]{0,20})|,([0-9]{0,2}))?", re.ASCII)

    def __init__(
        self, *, unreadable: str, rule: Callable[[Decimal], claims.Problem | None], label: str, **kwargs: Any
    ) -> None:
        self.unreadable, self.rule = unreadable, rule
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(label=label, widget=widget, **kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        typed = super().to_python(value)
        if not typed:
            return None
        if not (read := self.READABLE.fullmatch(typed)):
            raise forms.ValidationError(self.unreadable)
        number = Decimal(f"{read[1] or '0'}.{read[2] or read[3] or '0'}")
        if problem := self.rule(number):
            raise forms.ValidationError(problem.sentence)
        return number

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


class TypedDayField(forms.CharField):
    """A day as people type it (``3/14/2026``) or as a date picker sends it (``2026-03-14``)."""

    def __init__(self, *, name: str, **kwargs: Any) -> None:
        self.name = name
        self.cycle_dates = ""  # what a sentence about the day adds on the member's cycles
        kwargs.setdefault("help_text", "For example 3/14/2026.")
        super().__init__(**kwargs)

    def name_cycle_dates(self, windows: Sequence[claims.Window]) -> None:
        self.cycle_dates = claims.cycle_dates(windows)
        self.error_messages["required"] = f"Enter the {self.name}, for example 3/14/2026.{self.cycle_dates}"

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        typed = super().to_python(value)
        if not typed:
            return None
        if iso := re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", typed):
            year, month, day = iso.groups()
        elif american := re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", typed):
            month, day, year = american.groups()
        elif re.fullmatch(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}", typed):
            raise forms.ValidationError(
                f"Enter the year of the {self.name} with four digits, for example 3/14/2026.{self.cycle_dates}"
            )
        else:
            raise forms.ValidationError(
                f"Enter the {self.name} as month/day/year, for example 3/14/2026.{self.cycle_dates}"
            )
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            raise forms.ValidationError(
                f"{typed} is not a day in the calendar. Enter the {self.name} as month/day/year, for example 3/14/2026."
                f"{self.cycle_dates}"
            ) from None

    def prepare_value(self, value: Any) -> Any:
        return us(value) if isinstance(value, date) else value


class TypedLineField(forms.CharField):
    """One line of text of at most 200 characters."""

    def __init__(self, *, name: str, **kwargs: Any) -> None:
        self.name = name
        too_long = f"Shorten the {name} to %(limit_value)d characters; it has %(show_value)d."
        super().__init__(required=False, max_length=200, error_messages={"max_length": too_long}, **kwargs)

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in typed):
            raise forms.ValidationError(f"The {self.name} has characters that cannot be printed. Type it again.")
        return typed


class _ByCategory(ModelChoiceIterator):
    """The activity types that can be chosen, as one group of options for each category."""

    def __iter__(self) -> Iterator[Any]:
        yield ("", "Choose an activity type")
        field = cast("ActivityTypeField", self.field)
        for category, kinds in groupby(field.offered, key=lambda kind: kind.category):
            yield (category.name, [self.choice(kind) for kind in kinds])


class ActivityTypeField(forms.ModelChoiceField):
    """Every activity type is understood, also one that is not offered: the rules say why it cannot be chosen."""

    iterator = _ByCategory
    offered: list[ActivityType]


class CertificationsField(forms.TypedMultipleChoiceField):
    """The certifications ticked. The page sends an empty value along, which tells that it asked."""

    def to_python(self, value: Any) -> list[str]:
        return [chosen for chosen in super().to_python(value) if chosen]


class RecordCEForm(forms.Form):
    """One activity. ``open_cycles``: those that take records today; ``asked``: the one the member came from.

    ``is_preview``: the member asks what the entry would count for. Nothing is recorded, so nothing is attested.
    """

    activity_type = ActivityTypeField(
        queryset=ActivityType.objects.select_related("category").prefetch_related("credentials"),
        to_field_name="code",
        error_messages={
            "required": "Choose an activity type.",
            "invalid_choice": "Choose an activity type from the list.",
        },
    )
    title = TypedLineField(name="title", help_text="The name of the course, talk, work or office.")
    provider = TypedLineField(name="provider", help_text="Who offered it: a school, society, employer or publisher.")
    quantity = TypedNumberField(
        label="How many",
        help_text="Contact hours, semester hours, quarter hours or CEU, as the activity type is counted. The points "
        "are computed, rounded down to a quarter step. Leave it empty to enter the points yourself.",
        unreadable="Enter how many as a number with at most two decimals, for example 3 or 0.4.",
        rule=claims.problem_with_number,
        required=False,
    )
    points = TypedNumberField(
        label="Points earned",
        help_text="In quarter steps, at most 99. For example 2 or 1.5. Leave it empty if you entered how many.",
        unreadable="Enter the points as a number, for example 2 or 1.5.",
        rule=claims.problem_with_points,
        error_messages={"required": "Enter the points you earned, for example 1.5."},
    )
    starts_on = TypedDayField(
        name="start date",
        label="Start date",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    ends_on = TypedDayField(
        name="end date",
        label="End date",
        required=False,
        help_text="Leave it empty for an activity of one day.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    certifications = CertificationsField(
        label="Count it towards",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from your certifications with an open CCP cycle."},
    )
    attested = forms.BooleanField(
        label=claims.ATTESTATION,
        error_messages={"required": "Tick the box to attest that the information is correct."},
    )
    submission_id = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        open_cycles: Sequence[Cycle],
        on: date,
        asked: Cycle | None = None,
        initial: dict[str, Any] | None = None,
        earlier: Activity | None = None,
    ) -> None:
        self.open_cycles, self.on = open_cycles, on
        self.earlier_type = earlier.activity_type if earlier else None
        self.recorded_on = day_of(earlier.recorded_at) if earlier else on
        self.catalogue = catalogue()
        preset = {
            "submission_id": uuid.uuid4(),
            "certifications": [cycle.certification_id for cycle in ([asked] if asked else open_cycles)],
        }
        super().__init__(data, initial={**preset, **(initial or {})})
        self.is_preview = self.is_bound and "preview" in self.data
        self.fields["attested"].required = not self.is_preview
        given = self.data.get("quantity") if self.is_bound else self.initial.get("quantity")
        self.fields["points"].required = not given
        self.kinds = [
            kind
            for kind in self.catalogue.kinds
            if kind == self.earlier_type or not claims.is_retired(kind.retired_on, on)
        ]
        cast(ActivityTypeField, self.fields["activity_type"]).offered = self.kinds
        for day in (self.fields["starts_on"], self.fields["ends_on"]):
            assert isinstance(day, TypedDayField)
            day.name_cycle_dates(recording.windows(open_cycles))
        field = self.fields["certifications"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [
            (cycle.certification_id, str(window))
            for cycle, window in zip(open_cycles, recording.windows(open_cycles), strict=True)
        ]

    @property
    def offers_choice(self) -> bool:
        """Whether there is more than one certification to choose from."""
        return len(self.open_cycles) > 1

    def clean_certifications(self) -> list[int]:
        """The certifications chosen: those ticked, or those that the form would have ticked where none was sent."""
        ticked: list[int] = self.cleaned_data["certifications"]
        if ticked:
            return ticked
        if self.add_prefix("certifications") in self.data:
            raise forms.ValidationError("Choose at least one certification.")
        return list(self.initial["certifications"])

    def clean_submission_id(self) -> uuid.UUID:
        """The form's number. A client without one gets a new number, so that nothing it sends is a repeat."""
        typed = self.cleaned_data["submission_id"]
        if not typed:
            return uuid.uuid4()
        try:
            return uuid.UUID(typed)
        except ValueError:
            self.renew_submission_id()
            self.add_error(None, "The form had lost its number. Nothing was recorded; submit it again.")
            return uuid.uuid4()

    def renew_submission_id(self) -> None:
        """Give the form on the page a new number, keeping all that was typed."""
        self._replace("submission_id", uuid.uuid4())

    def _replace(self, field: str, value: object) -> None:
        """Put a value of ours in the place of one that was posted."""
        posted = cast(QueryDict, self.data).copy()
        posted[field] = str(value)
        self.data = posted

    @property
    def chosen_cycles(self) -> list[Cycle]:
        chosen = self.cleaned_data.get("certifications", [])
        return [cycle for cycle in self.open_cycles if cycle.certification_id in chosen]

    @property
    def offers(self) -> list[CategoryOffer]:
        """The activity types that can be chosen, with the terms that would hold for the entry."""
        prefetch_related_objects(self.kinds, "credentials")
        return self.catalogue.offers(self.kinds, self.recorded_on)

    @property
    def terms(self) -> Terms:
        """What holds for the chosen type, on the day on which the entry was or is recorded."""
        return self.catalogue.terms(self.cleaned_data["activity_type"], self.recorded_on)

    @property
    def claim(self) -> recording.Claim:
        values: dict[str, Any] = {"quantity": None, "title": "", "provider": "", **self.cleaned_data}
        return recording.Claim(**{name: values[name] for name in recording.FIELDS})

    def clean(self) -> dict[str, Any]:
        """The rules that need several fields, each where its fields could be read."""
        cleaned = self.cleaned_data
        kind, starts_on = cleaned.get("activity_type"), cleaned.get("starts_on")
        if starts_on and "ends_on" in cleaned:
            cleaned["ends_on"] = cleaned["ends_on"] or starts_on
        if kind and "quantity" in cleaned and "points" in cleaned:
            self._compute_points(kind)
        chosen = self.chosen_cycles or self.open_cycles
        if all(cleaned.get(field) is not None for field in ("activity_type", "starts_on", "ends_on", "points")):
            for problem in recording.problems(
                self.claim, chosen, self.on, terms=self.terms, earlier_type=self.earlier_type
            ):
                self.add_problem(problem)
        elif starts_on and cleaned.get("ends_on"):
            windows = recording.windows(chosen)
            if with_dates := claims.problem_with_dates(starts_on, cleaned["ends_on"], windows, self.on):
                self.add_problem(with_dates)
        return cleaned

    def _compute_points(self, kind: ActivityType) -> None:
        """The points of a number of units, where none are typed beside it."""
        quantity = self.cleaned_data["quantity"]
        if quantity is None or self.cleaned_data["points"] is not None:
            return
        if self.terms.points_per_unit is None:
            self.add_problem(claims.problem_with_no_unit(kind.name))
        else:
            self.cleaned_data["points"] = points_for(quantity, self.terms.points_per_unit)

    def add_problem(self, problem: claims.Problem) -> None:
        """Show a sentence of ``recording`` at the field it belongs to."""
        self.add_error(problem.field if problem.field in self.fields else None, problem.sentence)


class AmendForm(RecordCEForm):
    """The form of an entry that is on record, with the revision that it shows."""

    revision = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages={
            "required": "The form had lost its place. Open the entry again and amend it there.",
            "invalid": "The form had lost its place. Open the entry again and amend it there.",
        },
    )

    def __init__(self, data: Any = None, *, open_cycles: Sequence[Cycle], on: date, activity: Activity) -> None:
        claimed = [credit.cycle for credit in activity.credits.all() if credit.cut != Credit.Cut.UNCLAIMED]
        initial = {field: getattr(activity, field) for field in recording.FIELDS}
        if activity.quantity is not None:
            initial["points"] = None  # they follow from how many
        initial["certifications"] = [cycle.certification_id for cycle in claimed]
        initial["revision"] = activity.revision
        super().__init__(data, open_cycles=open_cycles, on=on, initial=initial, earlier=activity)
        del self.fields["submission_id"]

    def show_revision(self, revision: int) -> None:
        """Let the next submit replace that revision, whose values the page shows beside what was typed."""
        self._replace("revision", revision)


class DifferenceForm(forms.Form):
    """What differs from an entry that looks like this one, in the member's words."""

    MOST = 500

    difference = forms.CharField(
        label="What differs",
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say in a few words what differs, for example “second session, other speaker”.",
            "max_length": "Shorten the text to %(limit_value)d characters; it has %(show_value)d.",
        },
    )

    def clean_difference(self) -> str:
        typed = "\n".join(self.cleaned_data["difference"].splitlines())
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in typed if character != "\n"):
            raise forms.ValidationError("The text has characters that cannot be printed. Type it again.")
        return typed


class CalendarForm(forms.Form):
    """A button of the calendar page. ``feed``: the key of the address that the page showed."""

    action = forms.ChoiceField(choices=[(name, name) for name in ("create", "replace", "revoke")])
    feed = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
