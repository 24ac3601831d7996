"""The forms of a member's pages, one module for each."""

from ccp.forms.amend import AmendForm
from ccp.forms.calendar import CalendarForm
from ccp.forms.difference import DifferenceForm
from ccp.forms.record import RecordCEForm

__all__ = ["AmendForm", "CalendarForm", "DifferenceForm", "RecordCEForm"]
