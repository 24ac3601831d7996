"""Requests by law about one's own data: the records of them, and what stops an erasure."""
