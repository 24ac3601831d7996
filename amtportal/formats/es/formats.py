"""Formats for Spanish readers in the United States: numbers as in English, typed dates month first.

Django's own Spanish formats are those of Spain: a decimal comma, and 3/4/2026 for April 3.
"""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, g:i a"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, g:i a"
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%m/%d/%Y"]
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
