from django.apps import AppConfig


class CcpConfig(AppConfig):
    name = "ccp"
    verbose_name = "Certification Continuation Program (CCP)"

    def ready(self) -> None:
        from ccp import held_credits
        from certifications import roster

        roster.AFTERWARDS.append(lambda occasion: held_credits.match(by=occasion.by, at=occasion.at))
