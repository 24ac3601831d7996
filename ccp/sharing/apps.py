"""What others may see of a member: links for employers, and the public look-up of credentials."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "ccp.sharing"
    label = "sharing"
    verbose_name = "Sharing"

    def ready(self) -> None:
        from ccp.merging import moving
        from ccp.sharing import following

        moving.connect(following.move, dispatch_uid="ccp.sharing.move")
