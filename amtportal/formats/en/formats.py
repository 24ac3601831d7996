"""Formats for English readers: a day as ``amtportal.formatting`` writes it, also in the lists of staff."""

DATE_FORMAT = "M j, Y"
DATETIME_FORMAT = "M j, Y, g:i A"
