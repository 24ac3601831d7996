from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditsConfig(AppConfig):
    name = "ccp.audits"
    label = "audits"
    verbose_name = "Audits"

    def ready(self) -> None:
        from amtportal.members.mail import samples as mails
        from ccp.audits import frozen, groups, outcomes
        from ccp.audits.letters import mailing, samples, writing
        from ccp.evidence.signals import adding_asked, removal_asked

        adding_asked.connect(frozen.problem_with_adding, dispatch_uid="audits.problem_with_adding")
        removal_asked.connect(frozen.problem_with_removing, dispatch_uid="audits.problem_with_removing")
        outcomes.connect()
        post_migrate.connect(groups.put_on_record, sender=self, dispatch_uid="audits.groups")
        writing.connect()
        mailing.register()
        mails.register(*samples.SAMPLES)
