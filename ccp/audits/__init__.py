"""Audits: the draw, the case, its review and its outcome."""
