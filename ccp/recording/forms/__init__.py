"""The forms of a member's pages, one module for each."""

from ccp.recording.forms.amend import AmendForm
from ccp.recording.forms.calendar import CalendarForm
from ccp.recording.forms.difference import DifferenceForm
from ccp.recording.forms.record import RecordCEForm

__all__ = ["AmendForm", "CalendarForm", "DifferenceForm", "RecordCEForm"]
