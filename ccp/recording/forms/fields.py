"""The fields of a member's forms.

They read what people type, and say how to fix what they cannot read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.forms.models import ModelChoiceIterator
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal import clean, written_days
from amtportal import formatting as words
from amtportal.dates import UnreadableDay, today
from amtportal.formatting import format_points, translated
from amtportal.refusals import Problem
from ccp.models import ActivityType
from ccp.recording import claims
from ccp.recording.amounts import Amount
from ccp.recording.forms.synonyms import OTHER_WORDS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class TypedNumberField(forms.CharField):
    """A number as people write it (``ccp.recording.amounts``); ``read`` reads it.

    ``inputmode`` is the keyboard that a phone shows: "decimal" has no letters and no colon. The
    field is asked for, even where another may be filled in instead, so its label calls it optional
    nowhere.
    """

    is_asked_for = True

    def __init__(
        self,
        *,
        read: Callable[[str], Decimal | Amount | None],
        unreadable: "StrOrPromise",
        rule: Callable[[Decimal], Problem | None],
        label: "StrOrPromise",
        inputmode: str = "decimal",
        **kwargs: Any,
    ) -> None:
        self.read, self.unreadable, self.rule = read, unreadable, rule
        widget = forms.TextInput(attrs={"inputmode": inputmode, "autocomplete": "off"})
        super().__init__(label=label, widget=widget, **kwargs)

    def to_python(self, value: Any) -> Decimal | Amount | None:  # type: ignore[override]
        typed = clean.typed(super().to_python(value) or "")
        if not typed:
            return None
        if (number := self.read(typed)) is None:
            raise forms.ValidationError(self.unreadable)
        if problem := self.rule(number.number if isinstance(number, Amount) else number):
            raise forms.ValidationError(problem.sentence)
        return number

    def prepare_value(self, value: Any) -> Any:
        """Return the value as it was typed, without the one character that no page may contain."""
        if isinstance(value, Decimal):
            return format_points(value)
        return value.replace("\x00", "") if isinstance(value, str) else value


class TypedDayField(forms.CharField):
    """A day as people write it (``amtportal.written_days``) or as a date picker sends it.

    ``on`` is today, for what is typed as ``today`` or with a short year.
    """

    on: date | None = None

    def __init__(self, *, name: "StrOrPromise", **kwargs: Any) -> None:
        self.name = name
        self.cycle_dates = ""  # what a sentence about the day adds about the member's cycles
        kwargs.setdefault("help_text", gettext_lazy("For example 3/14/2026."))
        super().__init__(**kwargs)

    def name_cycle_dates(self, windows: Sequence[claims.Window]) -> None:
        self.cycle_dates = claims.cycle_dates(windows)
        wanted = _("Enter the %(name)s, for example 3/14/2026.") % {"name": self.name}
        self.error_messages["required"] = wanted + self.cycle_dates

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        typed = clean.typed(super().to_python(value) or "")
        if not typed:
            return None
        try:
            return written_days.read(typed, self.on or today())
        except UnreadableDay as unreadable:
            raise forms.ValidationError(self._sentence(typed, unreadable) + self.cycle_dates) from None

    def _sentence(self, typed: str, unreadable: UnreadableDay) -> str:
        """Return a sentence that says how to fix what was typed."""
        named = {"name": self.name, "typed": typed}
        match unreadable.why:
            case "short year":
                return _("Enter the year of the %(name)s with four digits, for example 3/14/2026.") % named
            case "no year":
                return _("Add the year to the %(name)s, for example 3/14/2026.") % named
            case "no day":
                return _("Add the day to the %(name)s, for example 3/14/2026.") % named
            case "other weekday" if unreadable.meant:
                named["meant"] = words.typed(unreadable.meant)
                named["weekday"] = date_format(unreadable.meant, "l")
                return (
                    _("%(meant)s is a %(weekday)s. Correct the day, or enter the %(name)s without the weekday.") % named
                )
            case "not in the calendar":
                sentence = _(
                    "%(typed)s is not a day in the calendar. Enter the %(name)s as month/day/year, for example "
                    "3/14/2026."
                )
                if unreadable.meant:
                    named["meant"] = words.typed(unreadable.meant)
                    sentence += " " + _("If you wrote the day first, enter %(meant)s.")
                return sentence % named
        return _("Enter the %(name)s as month/day/year, for example 3/14/2026.") % named

    def prepare_value(self, value: Any) -> Any:
        return words.typed(value) if isinstance(value, date) else value


class TypedLineField(forms.CharField):
    """One line of text of at most 200 characters. A line that is invisible counts as empty."""

    MOST = 200

    def __init__(self, *, name: "StrOrPromise", **kwargs: Any) -> None:
        self.name = name
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> str:
        typed = clean.line(super().to_python(value) or "")
        named = {"name": self.name, "most": self.MOST, "length": len(typed)}
        if clean.unprintable(typed):
            raise forms.ValidationError(_("The %(name)s has characters that cannot be printed. Type it again.") % named)
        if len(typed) > self.MOST:
            raise forms.ValidationError(_("Shorten the %(name)s to %(most)d characters; it has %(length)d.") % named)
        return typed


class ConfirmationWidget(forms.CheckboxInput):
    """A box whose value is what it confirms, so that it confirms nothing else."""

    confirms = ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        return str(data.get(name, ""))

    def format_value(self, value: Any) -> str:
        return self.confirms

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        self.check_test = lambda posted: bool(posted) and posted == self.confirms
        return super().get_context(name, value, attrs)


class _ByCategory(ModelChoiceIterator):
    """The activity types that can be chosen, as one group of options for each category."""

    def __iter__(self) -> Iterator[Any]:
        yield ("", _("Choose an activity type"))
        field = cast("ActivityTypeField", self.field)
        for category, activity_types in groupby(field.offered(), key=lambda activity_type: activity_type.category):
            yield (translated(category.name), [self.choice(activity_type) for activity_type in activity_types])


class _TypeList(forms.Select):
    """A list in which each activity type has other words for itself, and the label of its units.

    ``static/js/record/type.js`` searches the words, and shows the label where the type is chosen.
    """

    units_of: Callable[[str], str]

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if words_of := OTHER_WORDS.get(str(value)):
            option["attrs"]["data-words"] = words_of
        if units := self.units_of(str(value)):
            option["attrs"]["data-units"] = units
        return option


class ActivityTypeField(forms.ModelChoiceField):
    """The activity type, by its code, among those that are ``known``.

    A type that is not offered is read too, because the rules then say why it cannot be chosen.
    """

    widget = _TypeList
    iterator = _ByCategory
    known: Sequence[ActivityType]
    offered: Callable[[], list[ActivityType]]

    def to_python(self, value: Any) -> ActivityType | None:
        if value in self.empty_values:
            return None
        chosen = next((known for known in self.known if known.code == str(value)), None)
        if chosen is None:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return chosen

    def label_from_instance(self, obj: Any) -> str:
        return translated(obj.name)


class _CertificationBoxes(forms.CheckboxSelectMultiple):
    """The boxes of the certifications. Each has the code that ``static/js/record/chosen.js`` shows."""

    code_of: Mapping[int, str]

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-code"] = self.code_of[value]
        return option


class CertificationsField(forms.TypedMultipleChoiceField):
    """The certifications with a checked box.

    The page also sends an empty value, which shows that it offered the choice.
    """

    widget = _CertificationBoxes

    def to_python(self, value: Any) -> list[str]:
        return [chosen for chosen in super().to_python(value) if chosen]
