"""The mail of a mailing, written when it is sent. What staff have stopped is not sent."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

from django.utils import translation
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from amtportal.members.mail.layout import Content
from amtportal.members.mail.samples import Sample
from amtportal.members.models import Member
from ccp.notices import preferences, telling
from ccp.notices.kinds import KINDS, is_optional
from ccp.notices.models import Notice, NoticeKind
from ccp.notices.telling import Gone, Said, Whole
from ccp.reports.mailings import words
from ccp.reports.mailings.words import Words
from ccp.reports.models import Mailing, MailingSort

STOPPED = gettext_noop("AMT stopped this mail.")
KIND: Mapping[str, NoticeKind] = {
    MailingSort.DUTY: NoticeKind.AMT_MESSAGE,
    MailingSort.NEWS: NoticeKind.AMT_NEWS,
}


def register() -> None:
    for kind in KIND.values():
        telling.register(kind, write)


def subject_of(key: int) -> str:
    """Return what the notices of a mailing are about."""
    return f"mailing-{key}"


def words_of(mailing: Mailing, language: str) -> tuple[Words, str]:
    """Return the mailing in this language and the language; in English, if it has no Spanish text."""
    if language == "es" and mailing.text_es:
        return Words(mailing.subject_es, mailing.text_es), "es"
    return Words(mailing.subject_en, mailing.text_en), "en"


def content_of(mailing_words: Words, member: Member, kind: NoticeKind) -> Content:
    """Return the mail to one member, in the language that is active."""
    stop_address = preferences.stop_address(member, kind) if is_optional(kind) else ""
    return words.content(mailing_words, member, why=str(KINDS[kind].why), stop_address=stop_address)


def write(notices: Sequence[Notice], on: date) -> Mapping[int, Said | Gone | Whole]:
    """Write notices of mailings, in the language that is active; one query."""
    keys = {notice.pk: int(notice.subject.rpartition("-")[2]) for notice in notices}
    mailings = Mailing.objects.in_bulk(set(keys.values()))
    written: dict[int, Said | Gone | Whole] = {}
    for notice in notices:
        mailing = mailings[keys[notice.pk]]
        if mailing.stopped_at:
            written[notice.pk] = Gone(STOPPED)
            continue
        of_language, language = words_of(mailing, get_language() or "en")
        with translation.override(language):
            written[notice.pk] = Whole(content_of(of_language, notice.member, NoticeKind(notice.kind)), language)
    return written


def _sample(kind: NoticeKind) -> Content:
    sample = Words(_("A change of our office hours"), _("From June on, the office answers the phone until 6 PM."))
    return content_of(sample, Member(pk=0, first_name="Ada", last_name="Lane", amt_id="2100042"), kind)


SAMPLES = [
    Sample("amt-message", "Message from AMT to a list", partial(_sample, NoticeKind.AMT_MESSAGE)),
    Sample("amt-news", "News from AMT to a list", partial(_sample, NoticeKind.AMT_NEWS)),
]
