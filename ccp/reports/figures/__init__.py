"""Reports: figures about all members, each with its rule in words.

``base`` says what a report is; each report has its module; ``registry`` names them all. A report is
one query over the whole record. Over 30 million entries that takes longer than anybody waits, so it
is asked each night and its rows are kept (``counting``); a page shows the newest, and since when.
"""
