"""The form in which a member amends an entry."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from ccp.models import Activity, ActivityType, Credit
from ccp.recording import eligibility
from ccp.recording.forms.files import FilesOfEntry
from ccp.recording.forms.record import RecordCEForm
from certifications.models import Cycle

LOST = gettext_lazy("The form lost track of its entry. Open the entry again and amend it there.")


class AmendForm(RecordCEForm):
    """The form for an entry that is on record. It carries the revision of the values it shows."""

    KEPT = (*RecordCEForm.KEPT, "revision")

    revision = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages={
            "required": LOST,
            "invalid": LOST,
        },
    )

    def __init__(
        self,
        data: Any = None,
        *,
        open_cycles: Sequence[Cycle],
        on: date,
        activity: Activity,
        kept: QueryDict | None = None,
    ) -> None:
        claimed = [credit.cycle for credit in activity.credits.all() if credit.cut not in Credit.NOT_CLAIMED]
        initial = {field: getattr(activity, field) for field in eligibility.FIELDS}
        if activity.quantity is not None:
            initial["points"] = None  # the points follow from the number of units
        if activity.ends_on == activity.starts_on:
            initial["ends_on"] = None  # the form asks for a last day only where there were several
        initial["certifications"] = [cycle.certification_id for cycle in claimed]
        initial["revision"] = activity.revision
        super().__init__(data, open_cycles=open_cycles, on=on, initial=initial, earlier=activity, kept=kept)
        for name in ("submission_id", *FilesOfEntry.base_fields):  # the entry's page takes files
            del self.fields[name]

    def _calculate_points(self, activity_type: ActivityType) -> None:
        """Keep the points that AMT has set, also where the field was left empty."""
        super()._calculate_points(activity_type)
        if self.earlier and eligibility.keeps_points_of_amt(self.earlier, activity_type):
            if problem := eligibility.problem_with_other_points(self.earlier, self.cleaned_data["points"]):
                self.add_problem(problem)
            else:
                self.cleaned_data["points"] = self.earlier.points

    def show_revision(self, revision: int) -> None:
        """Let the next submit replace that revision.

        The page shows its values beside what was typed.
        """
        self._replace("revision", revision)
