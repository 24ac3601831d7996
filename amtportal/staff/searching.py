"""The words of a search: every word costs the database several lookups."""

MOST_WORDS = 8
MOST_PEOPLE = 250
"""If more members match, nobody is found: nobody reads more pages, and each has many records."""


def first_words(words: str) -> list[str]:
    """Return the words by which is searched. Those after the first ``MOST_WORDS`` are ignored."""
    return words.split(maxsplit=MOST_WORDS)[:MOST_WORDS]
