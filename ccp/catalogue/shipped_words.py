"""What members read in the shipped rows, marked for translation. `make messages` writes this file.

The rows are in ``catalogue.json`` and ``certifications/credentials.json``; pages show them by the filter
``translated``. What staff write in the place of a shipped text is shown as they wrote it.
"""

# fmt: off
# ruff: noqa: E501
from django.utils.translation import gettext_noop

WORDS = (
    gettext_noop("Medical Laboratory Scientist"),
    gettext_noop("Medical Technologist"),
    gettext_noop("Medical Laboratory Technician"),
    gettext_noop("Molecular Diagnostics Technologist"),
    gettext_noop("Certified Laboratory Consultant"),
    gettext_noop("Registered Medical Assistant"),
    gettext_noop("Certified Medical Administrative Specialist"),
    gettext_noop("Certified Medical Laboratory Assistant"),
    gettext_noop("Registered Dental Assistant"),
    gettext_noop("Registered Phlebotomy Technician"),
    gettext_noop("Allied Health Instructor"),
    gettext_noop("Patient Care Technician"),
    gettext_noop("Professional Education"),
    gettext_noop("Courses, seminars, webinars and self-study that help you do your health-care job, advance your knowledge of the field, or prepare you for advanced management or a health-care degree."),
    gettext_noop("Course, seminar or webinar"),
    gettext_noop("Count the contact hours that the provider certifies."),
    gettext_noop("The certificate of completion with your name, the title, the date and the contact hours."),
    gettext_noop("Course measured in CEU"),
    gettext_noop("A tenth of a CEU is one contact hour."),
    gettext_noop("The certificate of completion with your name, the title, the date and the CEU."),
    gettext_noop("Self-study or journal quiz"),
    gettext_noop("The certificate or the graded quiz with your name, the date and the contact hours."),
    gettext_noop("Formal Education"),
    gettext_noop("Courses for credit at a college or university in your field."),
    gettext_noop("College course, semester hours"),
    gettext_noop("Count the hours that you passed."),
    gettext_noop("The transcript or grade report of the school."),
    gettext_noop("College course, quarter hours"),
    gettext_noop("Authorship of Written Works"),
    gettext_noop("Published works in your field of which you are an author or co-author."),
    gettext_noop("Book"),
    gettext_noop("Record it now: AMT sets the points."),
    gettext_noop("A copy of the title page or abstract that shows your name and the date of publication."),
    gettext_noop("Chapter of a book"),
    gettext_noop("Journal article"),
    gettext_noop("Abstract or poster"),
    gettext_noop("Instructional Presentations"),
    gettext_noop("Presentations that you gave to colleagues, students or the public."),
    gettext_noop("Presentation or lecture given"),
    gettext_noop("Record it now: AMT sets the points. A talk counts the first time you give it."),
    gettext_noop("The program or a letter of the organizer with your name, the title, the date and the length."),
    gettext_noop("Organizational Participation"),
    gettext_noop("Service as an officer, board member, delegate or committee member of a professional organization."),
    gettext_noop("Office or committee service"),
    gettext_noop("Record it now: AMT sets the points of your service."),
    gettext_noop("A letter of the organization with your office and the dates of your service."),
    gettext_noop("Employment Verification"),
    gettext_noop("Employment in your field, for work done between the start of your cycle and 12/31/2020."),
    gettext_noop("Employment in the field"),
    gettext_noop("Record it now: AMT sets the points of your employment."),
    gettext_noop("A letter of the employer with your position and the dates of employment."),
)
