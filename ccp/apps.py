from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CcpConfig(AppConfig):
    name = "ccp"
    verbose_name = "Certification Continuation Program (CCP)"

    def ready(self) -> None:
        from ccp.amt_credits.holding import match_after_roster
        from ccp.erasure import contents
        from ccp.recording import statements
        from ccp.rollover.catching_up import catch_up_before_payment
        from certifications.payments.signals import about_to_decide
        from certifications.roster.signals import roster_imported

        roster_imported.connect(match_after_roster, dispatch_uid="ccp.match_after_roster")
        about_to_decide.connect(catch_up_before_payment, dispatch_uid="ccp.catch_up_before_payment")
        contents.register()
        post_migrate.connect(statements.put_on_record, sender=self)
