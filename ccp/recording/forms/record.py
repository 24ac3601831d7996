"""The Record CE form.

It reads one activity and asks ``ccp.recording.eligibility`` which rules the activity breaks.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal import clean
from amtportal.dates import day_of
from amtportal.formatting import format_day
from amtportal.refusals import Problem
from ccp.counting.terms import Catalogue, CategoryOffer, Offer, Terms, catalogue, points_for
from ccp.models import Activity, ActivityType
from ccp.recording import amounts, claims, eligibility
from ccp.recording import previous as earlier_entries
from ccp.recording.forms import asked
from ccp.recording.forms.fields import (
    ActivityTypeField,
    CertificationsField,
    ConfirmationWidget,
    TypedDayField,
    TypedLineField,
    TypedNumberField,
)
from ccp.recording.forms.files import FilesOfEntry
from certifications.deadlines import by_deadline
from certifications.models import Cycle

PROVIDERS = "providers"  # the id of the list of earlier providers on the page


class RecordCEForm(FilesOfEntry):
    """The form for one activity.

    - ``open_cycles``: the cycles that take records today
    - ``terms``: all terms, if they have been read
    - ``asked``: the cycle from whose page the member came
    - ``like``: an entry of the member's own; the form records another one like it
    - ``kept``: what was typed before the member had to sign in again
    - ``doubt``: what the member has to confirm, if anything; the page shows the box only then.
    - ``is_preview``: whether the member asks what the entry would count for. Nothing is recorded
      then, so nothing is attested.
    """

    # The fields that are filled in again after a sign-in. The member has to attest again.
    doubt: claims.Doubt | None = None

    KEPT: tuple[str, ...] = (*eligibility.FIELDS, "certifications", "submission_id")

    activity_type = ActivityTypeField(
        label=gettext_lazy("What did you do?"),
        help_text=gettext_lazy("For example webinar, college course or article."),
        queryset=ActivityType.objects.none(),
        to_field_name="code",
        error_messages={
            "required": gettext_lazy("Choose an activity type."),
            "invalid_choice": gettext_lazy("Choose an activity type from the list."),
        },
    )
    title = TypedLineField(
        name=gettext_lazy("title"),
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("The name of the course, talk, work or office."),
    )
    provider = TypedLineField(
        name=gettext_lazy("provider"),
        label=gettext_lazy("Provider"),
        help_text=gettext_lazy("Who offered it: a school, society, employer or publisher."),
        widget=forms.TextInput(attrs={"list": PROVIDERS, "autocomplete": "off"}),
    )
    quantity = TypedNumberField(
        label=asked.HOW_MANY,
        help_text=gettext_lazy("For example 3 or 0.4. Hours also as 1:30 or 90 min."),
        read=amounts.read_quantity,
        inputmode="text",
        unreadable=gettext_lazy("Enter how many as a number with at most two decimals, for example 3 or 0.4."),
        rule=claims.problem_with_number,
        required=False,
        error_messages={"required": gettext_lazy("Enter how many you completed, for example 3 or 0.4.")},
    )
    points = TypedNumberField(
        label=gettext_lazy("Points earned"),
        help_text=gettext_lazy("In quarter steps, for example 1.5. At most 99."),
        read=amounts.read_points,
        unreadable=gettext_lazy("Enter the points as a number, for example 2 or 1.5."),
        rule=claims.problem_with_points,
        error_messages={"required": gettext_lazy("Enter the points you earned, for example 1.5.")},
    )
    starts_on = TypedDayField(
        name=gettext_lazy("start date"),
        label=gettext_lazy("When?"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    ends_on = TypedDayField(
        name=gettext_lazy("end date"),
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Leave it empty for an activity of one day."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    certifications = CertificationsField(
        label=gettext_lazy("Count it towards"),
        coerce=int,
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("Choose from your certifications with an open CCP cycle."),
        },
    )
    attested = forms.BooleanField(
        label=claims.ATTESTATION,
        error_messages={"required": gettext_lazy("Check the box to attest that the information is correct.")},
    )
    confirmed = forms.CharField(
        label=gettext_lazy("This is what I completed, and the dates are right."),
        required=False,
        widget=ConfirmationWidget,
    )
    submission_id = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        open_cycles: Sequence[Cycle],
        on: date,
        terms: Catalogue | None = None,
        asked: Cycle | None = None,
        initial: dict[str, Any] | None = None,
        earlier: Activity | None = None,
        like: Activity | None = None,
        kept: QueryDict | None = None,
    ) -> None:
        self.open_cycles, self.on = (open_cycles := by_deadline(open_cycles)), on
        self.earlier = earlier
        self.earlier_type = earlier.activity_type if earlier else None
        self.recorded_on = day_of(earlier.recorded_at) if earlier else on
        self.catalogue = terms or catalogue()
        self._terms: dict[int, Terms] = {}
        preset = {
            "submission_id": uuid.uuid4(),
            "certifications": [cycle.certification_id for cycle in ([asked] if asked else open_cycles)],
        }
        self.came_back = kept is not None
        again = earlier_entries.like(like, self.activity_types) if like else {}
        super().__init__(data, initial={**preset, **again, **(initial or {}), **self._typed(kept or QueryDict())})
        self._move_amount_from_points()
        self.is_preview = self.is_bound and "preview" in self.data
        self.fields["attested"].required = not self.is_preview
        self._ask_for_amount()
        kinds = cast(ActivityTypeField, self.fields["activity_type"])
        kinds.known, kinds.offered = self.catalogue.activity_types, lambda: self.activity_types
        kinds.widget.units_of = self._units_of
        for day in (self.fields["starts_on"], self.fields["ends_on"]):
            assert isinstance(day, TypedDayField)
            day.on = on
            day.name_cycle_dates(eligibility.windows(open_cycles))
        if len(open_cycles) == 1:
            self.fields["starts_on"].help_text = self._days_that_count(open_cycles[0])
        field = self.fields["certifications"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.widget.code_of = {cycle.certification_id: cycle.certification.credential.code for cycle in open_cycles}
        field.choices = [
            (cycle.certification_id, str(window))
            for cycle, window in zip(open_cycles, eligibility.windows(open_cycles), strict=True)
        ]

    @cached_property
    def not_offered(self) -> dict[ActivityType, str]:
        """The types that no open cycle can take, each with the reason as a sentence."""
        return {
            activity_type: reason
            for activity_type in self._choosable
            if activity_type != self.earlier_type
            and (
                reason := eligibility.why_not_offered(
                    activity_type, self._terms_of(activity_type), self.open_cycles, self.on
                )
            )
        }

    @cached_property
    def activity_types(self) -> list[ActivityType]:
        """The types that the page offers. A preview shows none, so it does not read them."""
        return [activity_type for activity_type in self._choosable if activity_type not in self.not_offered]

    @cached_property
    def _choosable(self) -> list[ActivityType]:
        return [
            activity_type
            for activity_type in self.catalogue.activity_types
            if activity_type == self.earlier_type
            or not eligibility.problem_with_activity_type(activity_type, self._terms_of(activity_type), self.on)
        ]

    @staticmethod
    def _typed(kept: QueryDict) -> dict[str, Any]:
        """Return what was typed before the member had to sign in again, as the form shows it."""
        return {
            name: [chosen for chosen in kept.getlist(name) if chosen] if name == "certifications" else kept[name]
            for name in kept
        }

    def _entered(self, name: str) -> str:
        """Return the text of a field without what nobody sees, as the field itself reads it."""
        value = self.data.get(name) if self.is_bound else self.initial.get(name)
        return clean.typed(str(value or ""))

    @property
    def offers_choice(self) -> bool:
        """Return whether there is more than one certification to choose from."""
        return len(self.open_cycles) > 1

    def clean_certifications(self) -> list[int]:
        """Return the keys of the chosen certifications.

        If the form sent none, they are those that the form would have checked.
        """
        chosen: list[int] = self.cleaned_data["certifications"]
        if chosen:
            return chosen
        if self.offers_choice and self.add_prefix("certifications") in self.data:
            raise forms.ValidationError(_("Choose at least one certification."))
        return list(self.initial["certifications"])

    def clean_submission_id(self) -> uuid.UUID:
        """Return the number of the form.

        A client that sends none gets a new number, so that nothing it sends is a repeat.
        """
        typed = self.cleaned_data["submission_id"]
        if not typed:
            return uuid.uuid4()
        try:
            return uuid.UUID(typed)
        except ValueError:
            self.renew_submission_id()
            self.add_error(None, _("The form lost its number. Nothing was recorded; submit it again."))
            return uuid.uuid4()

    def _ask_for_amount(self) -> None:
        """Name the number of units as the chosen type counts it, and require it or the points.

        What is missing is told where the page asks for it. Who sends no number of units at all has
        not seen that field, and is told at the points. A type that is asked for its points may leave
        them to AMT.
        """
        self.fields["quantity"].label = self._units_of(self.chosen_activity_type) or asked.HOW_MANY
        asks_units = self.asks != "points" and self.add_prefix("quantity") in self.data
        self.fields["quantity"].required = asks_units and not self._entered("points")
        self.fields["points"].required = self.asks != "points" and not asks_units and not self._entered("quantity")

    def _units_of(self, code: str) -> str:
        """Return the label of the number of units of a type, and a general one if there is no such type."""
        activity_type = self._known(code)
        return asked.units_label(self._terms_of(activity_type)) if activity_type else str(asked.HOW_MANY)

    def _days_that_count(self, cycle: Cycle) -> str:
        """Return from when to when an activity can have been, for a member with one open cycle."""
        days = {"first": format_day(cycle.starts_on), "last": format_day(cycle.ends_on)}
        if cycle.ends_on < self.on:
            return _("From %(first)s to %(last)s.") % days
        return _("From %(first)s to today.") % days

    def _known(self, code: str) -> ActivityType | None:
        return next((known for known in self.catalogue.activity_types if known.code == code), None)

    @cached_property
    def asks(self) -> asked.Asked:
        """Return what the chosen type is asked for."""
        activity_type = self._known(self.chosen_activity_type)
        return asked.asked_for(self._terms_of(activity_type) if activity_type else None)

    @property
    def earned(self) -> str:
        """Return what the number of units makes, such as ``= 3 points``; empty if that is not known yet."""
        activity_type = self._known(self.chosen_activity_type)
        if not activity_type or (self.is_bound and "quantity" in self.errors):
            return ""
        quantity = (self.cleaned_data if self.is_bound else self.initial).get("quantity")
        return asked.earned(quantity, self._terms_of(activity_type)) if isinstance(quantity, Decimal) else ""

    @property
    def chosen_codes(self) -> str:
        """Return the codes of the certifications that the page shows as chosen, such as ``RMA, RPT``."""
        chosen = {str(key) for key in self["certifications"].value() or []}
        return ", ".join(
            cycle.certification.credential.code for cycle in self.open_cycles if str(cycle.certification_id) in chosen
        )

    @property
    def unknown_type(self) -> str:
        """Return what was sent as the activity type and is none, so that the page keeps it."""
        sent = self.chosen_activity_type if self.is_bound else ""
        return "" if self._known(sent) else sent.replace("\x00", "")

    def _move_amount_from_points(self) -> None:
        """Take an amount with its unit, such as ``90 min``, as how many if it is entered as the points.

        Points have no unit, so it can mean nothing else. The type then says what it makes.
        """
        typed = self._entered("points")
        if not self.is_bound or not typed or self._entered("quantity"):
            return
        amount = amounts.read_quantity(typed)
        if amount and amount.unit:
            self._replace("quantity", typed)
            self._replace("points", "")

    def renew_submission_id(self) -> None:
        """Give the form on the page a new number and keep everything that was typed."""
        self.show_number(uuid.uuid4())

    def show_number(self, number: uuid.UUID) -> None:
        """Let the next submit send this number."""
        self._replace("submission_id", number)

    def _replace(self, field: str, value: object) -> None:
        """Replace a value that was posted with a value of the portal."""
        posted = cast(QueryDict, self.data).copy()
        posted[field] = str(value)
        self.data = posted

    @property
    def chosen_cycles(self) -> list[Cycle]:
        chosen = self.cleaned_data.get("certifications", [])
        return [cycle for cycle in self.open_cycles if cycle.certification_id in chosen]

    @property
    def chosen_activity_type(self) -> str:
        """Return the code of the activity type that the page shows as chosen.

        It is there even if other fields are wrong.
        """
        value = self["activity_type"].value()
        return str(value.code if isinstance(value, ActivityType) else value or "")

    @property
    def is_filled_in(self) -> bool:
        """Return whether the form has enough values to say what the entry would count for."""
        given = {name for name in ("activity_type", "quantity", "points", "starts_on") if self._entered(name)}
        has_worth = bool(given & {"quantity", "points"}) or self.asks == "points"
        return {"activity_type", "starts_on"} <= given and has_worth

    @property
    def offers(self) -> list[CategoryOffer]:
        """Return the activity types that can be chosen, with the terms that apply to the entry."""
        return [group for group, _reasons in self.guidance if group.offers]

    @property
    def chosen_offer(self) -> Offer | None:
        """Return the type that the page shows as chosen, with its terms; None if it is not offered."""
        code = self.chosen_activity_type
        of_groups = (offer for group in self.offers for offer in group.offers) if code else ()
        return next((offer for offer in of_groups if offer.activity_type.code == code), None)

    @cached_property
    def guidance(self) -> list[tuple[CategoryOffer, list[str]]]:
        """Return the offers of every category, and why others of its types are not offered."""
        return [
            (
                replace(group, offers=[offer for offer in group.offers if offer.activity_type not in self.not_offered]),
                [self.not_offered[kind] for offer in group.offers if (kind := offer.activity_type) in self.not_offered],
            )
            for group in self.catalogue.offers(self._choosable, self.recorded_on)
        ]

    @property
    def terms(self) -> Terms:
        """Return the terms of the chosen type on the day on which the entry was or is recorded."""
        return self._terms_of(self.cleaned_data["activity_type"])

    def _terms_of(self, activity_type: ActivityType) -> Terms:
        if activity_type.pk not in self._terms:
            self._terms[activity_type.pk] = self.catalogue.terms(activity_type, self.recorded_on)
        return self._terms[activity_type.pk]

    @property
    def claim(self) -> eligibility.Claim:
        values: dict[str, Any] = {"quantity": None, "title": "", "provider": "", **self.cleaned_data}
        return eligibility.Claim(**{name: values[name] for name in eligibility.FIELDS})

    def clean(self) -> dict[str, Any]:
        """Check the rules that need several fields.

        A rule is skipped if a field that it needs could not be read.
        """
        cleaned = self.cleaned_data
        activity_type, starts_on = cleaned.get("activity_type"), cleaned.get("starts_on")
        if starts_on and "ends_on" in cleaned:
            cleaned["ends_on"] = cleaned["ends_on"] or starts_on
        if "quantity" in cleaned:
            self._count_units(activity_type)
        if activity_type and "quantity" in cleaned and "points" in cleaned:
            self._calculate_points(activity_type)
        chosen = self.chosen_cycles or self.open_cycles
        others = [cycle for cycle in self.open_cycles if cycle not in chosen]
        is_read = all(cleaned.get(field) for field in ("activity_type", "starts_on", "ends_on"))
        if is_read and "points" in cleaned and ("quantity" in cleaned or cleaned["points"] is not None):
            claim, terms = self.claim, self.terms  # a problem takes the value of its field away
            for problem in eligibility.problems(
                claim, chosen, self.on, terms=terms, others=others, earlier_type=self.earlier_type
            ):
                self.add_problem(problem)
            self._ask_about_doubt(claim, terms)
        elif starts_on and cleaned.get("ends_on"):
            windows = eligibility.windows(chosen)
            if with_dates := claims.problem_with_dates(
                starts_on, cleaned["ends_on"], windows, self.on, others=eligibility.windows(others)
            ):
                self.add_problem(with_dates)
        return cleaned

    def _ask_about_doubt(self, claim: eligibility.Claim, terms: Terms) -> None:
        """Ask about what is not likely, unless exactly that is confirmed or on record.

        A preview only tells it. A number that is wrong anyway is not asked about.
        """
        if {"quantity", "points"} & self.errors.keys():
            return
        doubt = eligibility.doubt(claim, terms)
        if doubt is None or (self.earlier and doubt == eligibility.doubt(self.earlier, terms)):
            return
        self.doubt = doubt
        cast(ConfirmationWidget, self.fields["confirmed"].widget).confirms = self.doubt.key
        if not self.is_preview and self.cleaned_data.get("confirmed") != self.doubt.key:
            self.add_error("confirmed", f"{self.doubt.sentence} {claims.HOW_TO_CONFIRM}")

    def _count_units(self, activity_type: ActivityType | None) -> None:
        """Replace the amount that was typed with its number, if it is in the unit of the type."""
        amount: amounts.Amount | None = self.cleaned_data["quantity"]
        self.cleaned_data["quantity"] = amount.number if amount else None
        if not amount or not activity_type or not self.terms.takes_quantity:
            return
        if problem := claims.problem_with_unit(activity_type.name, amount.unit, self.terms.unit):
            self.add_problem(problem)

    def _calculate_points(self, activity_type: ActivityType) -> None:
        """Set the points that the number of units makes, if no points were typed."""
        quantity = self.cleaned_data["quantity"]
        if quantity is None or self.cleaned_data["points"] is not None:
            return
        if self.terms.points_per_unit is None:
            self.add_problem(claims.problem_with_no_unit(activity_type.name))
        else:
            self.cleaned_data["points"] = points_for(quantity, self.terms.points_per_unit)

    def add_error(self, field: str | None, error: Any) -> None:
        """Show an error at its field, or above the form if the page does not show that field."""
        super().add_error(None if field == "certifications" and not self.offers_choice else field, error)

    def add_problem(self, problem: Problem) -> None:
        """Show a sentence of the recording rules at the field to which it belongs."""
        self.add_error(problem.field if problem.field in self.fields else None, problem.sentence)
