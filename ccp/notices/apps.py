"""Notices to members by mail: what they are told, when and why."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "ccp.notices"
    label = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        from amtportal.members.mail import languages, samples
        from ccp.awards import corrected
        from ccp.merging import moving
        from ccp.notices import following, preferences, writing
        from ccp.notices.samples import SAMPLES
        from certifications import deaths, revocations
        from certifications.payments.signals import member_told

        languages.register(preferences.chosen_language)
        samples.register(*SAMPLES)
        writing.register()
        moving.connect(following.move, dispatch_uid="ccp.notices.move")
        deaths.recorded.connect(following.silence, dispatch_uid="ccp.notices.silence")
        deaths.taken_back.connect(following.speak_again, dispatch_uid="ccp.notices.speak_again")
        revocations.revoked.connect(following.revoked, dispatch_uid="ccp.notices.revoked")
        revocations.undone.connect(following.revocation_undone, dispatch_uid="ccp.notices.revocation_undone")
        corrected.connect(following.award_corrected, dispatch_uid="ccp.notices.award_corrected")
        member_told.connect(following.told_at_once, dispatch_uid="ccp.notices.told_at_once")
