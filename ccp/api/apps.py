"""The interface for course systems, ``/api/v1/``: their keys, what they send, and what they are told."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "ccp.api"
    label = "api"
    verbose_name = "Course systems"

    def ready(self) -> None:
        from django.db.models.signals import post_delete, post_save

        from amtportal.members.vault import renewing
        from ccp.amt_credits.holding import matched
        from ccp.api import following
        from ccp.counting.credits import counted
        from ccp.merging import moving
        from ccp.models import Activity, HeldCredit

        matched.connect(following.credits_matched, dispatch_uid="ccp.api.matched")
        counted.connect(following.credits_counted, dispatch_uid="ccp.api.counted")
        post_save.connect(following.entry_saved, sender=Activity, dispatch_uid="ccp.api.entry_saved")
        post_delete.connect(following.held_deleted, sender=HeldCredit, dispatch_uid="ccp.api.held_deleted")
        renewing.connect(following.renew_secrets, dispatch_uid="ccp.api.renew_secrets")
        moving.connect(following.move, dispatch_uid="ccp.api.move")
