from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CcpConfig(AppConfig):
    name = "ccp"
    verbose_name = "Certification Continuation Program (CCP)"

    def ready(self) -> None:
        from ccp.amt_credits.holding import match_after_roster
        from ccp.recording import statements
        from certifications.roster.signals import roster_imported

        roster_imported.connect(match_after_roster, dispatch_uid="ccp.match_after_roster")
        post_migrate.connect(statements.put_on_record, sender=self)
