from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "certifications.payments"
    label = "payments"
    verbose_name = "Payments online"

    def ready(self) -> None:
        from amtportal.members.mail import samples
        from certifications.payments.samples import SAMPLES

        samples.register(*SAMPLES)
