from django.apps import AppConfig


class AuditsConfig(AppConfig):
    name = "ccp.audits"
    label = "audits"
    verbose_name = "Audits"

    def ready(self) -> None:
        from amtportal.members.mail import samples as mails
        from ccp.audits import frozen, outcomes
        from ccp.audits.letters import mailing, samples, writing
        from ccp.evidence.signals import adding_asked, removal_asked

        adding_asked.connect(frozen.problem_with_adding, dispatch_uid="audits.problem_with_adding")
        removal_asked.connect(frozen.problem_with_removing, dispatch_uid="audits.problem_with_removing")
        outcomes.connect()
        writing.connect()
        mailing.register()
        mails.register(*samples.SAMPLES)
