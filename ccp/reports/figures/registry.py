"""All reports by name."""

from collections.abc import Mapping

from ccp.reports.figures.audits import AUDITS
from ccp.reports.figures.base import Report
from ccp.reports.figures.cohorts import COHORTS
from ccp.reports.figures.compliance import COMPLIANCE
from ccp.reports.figures.invoices import INVOICES
from ccp.reports.figures.money import MONEY
from ccp.reports.figures.points import POINTS
from ccp.reports.figures.recorded import RECORDED

REPORTS: Mapping[str, Report] = {
    each.name: each for each in (COMPLIANCE, COHORTS, POINTS, RECORDED, INVOICES, MONEY, AUDITS)
}
