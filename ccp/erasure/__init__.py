"""Erasing a member by law: what goes and what stays, the two people, the minutes, and the gap in the seals."""
