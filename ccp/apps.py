from django.apps import AppConfig


class CcpConfig(AppConfig):
    name = "ccp"
    verbose_name = "Certification Continuation Program (CCP)"

    def ready(self) -> None:
        from ccp.amt_credits.holding import match_after_roster
        from certifications.roster.signals import roster_imported

        roster_imported.connect(match_after_roster, dispatch_uid="ccp.match_after_roster")
