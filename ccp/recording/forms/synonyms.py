"""Other words for the shipped activity types, for the search on Record CE.

They are what members call the things they did. The names and the guidance of the types are searched
too, so a type that staff add is found by its own text.
"""

from django.utils.translation import pgettext_lazy

COURSE = pgettext_lazy(
    "other words for an activity type",
    "class workshop conference convention congress symposium meeting training in-service inservice online course "
    "e-learning webcast grand rounds CPR continuing education CE",
)
COLLEGE = pgettext_lazy(
    "other words for an activity type", "class university school academic degree diploma online course credit"
)
WRITING = pgettext_lazy("other words for an activity type", "author writing textbook publication published")
PAPER = pgettext_lazy(
    "other words for an activity type", "author writing paper magazine research study publication published"
)

OTHER_WORDS = {
    "course-seminar-webinar": COURSE,
    "course-ceu": COURSE,
    "self-study": pgettext_lazy(
        "other words for an activity type",
        "article magazine reading test exam home study online course podcast video continuing education CE",
    ),
    "college-semester-hours": COLLEGE,
    "college-quarter-hours": COLLEGE,
    "written-work": WRITING,
    "book-chapter": WRITING,
    "journal-article": PAPER,
    "abstract-or-poster": PAPER,
    "presentation": pgettext_lazy(
        "other words for an activity type",
        "talk speech speaker teaching taught teacher instructor class workshop conference seminar webinar meeting "
        "training in-service inservice",
    ),
    "office-or-committee": pgettext_lazy(
        "other words for an activity type",
        "volunteer officer president chair board member delegate meeting association society chapter",
    ),
    "employment": pgettext_lazy(
        "other words for an activity type", "job work worked employer position hospital laboratory clinic office"
    ),
}
