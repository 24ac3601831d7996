"""Certificates that are read, so that their member checks a form instead of filling it in.

``reading`` starts a process that opens the file (``child``), which takes the words from its pages
(``pages``, ``ocr``) and looks for the values of the form in them (``parsing`` and its parts).
"""
