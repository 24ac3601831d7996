from django.apps import AppConfig


class CcpConfig(AppConfig):
    name = "ccp"
    verbose_name = "Certification Continuation Program (CCP)"

    def ready(self) -> None:
        from ccp.amt_credits import holding as held_credits
        from certifications.roster import resource as roster

        roster.AFTERWARDS.append(lambda occasion: held_credits.match(by=occasion.by, at=occasion.at))
