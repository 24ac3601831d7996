"""Mail in tests of notices: stored as the portal does, and sent to a server that a test names."""

from pytest_django.fixtures import Settings


def use_outbox(settings: Settings, port: int = 9) -> None:
    """Store mail in the outbox, and send it by SMTP to that port; nobody is at port 9."""
    settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"
    settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
