from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "certifications.payments"
    label = "payments"
    verbose_name = "Payments online"

    def ready(self) -> None:
        from amtportal.members.mail import samples
        from certifications.invoices import opening_kept
        from certifications.payments.holding import apply_after_opening
        from certifications.payments.samples import SAMPLES

        samples.register(*SAMPLES)
        opening_kept.connect(apply_after_opening, dispatch_uid="payments.apply_after_opening")
