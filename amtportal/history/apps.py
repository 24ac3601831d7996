from django.apps import AppConfig
from django.db.models.signals import post_migrate


class HistoryConfig(AppConfig):
    name = "amtportal.history"
    label = "history"
    verbose_name = "History"

    def ready(self) -> None:
        from amtportal.history import events, triggers  # these modules need the models

        # After every migration and not inside one: SQLite loses the triggers of a table that is
        # altered.
        post_migrate.connect(triggers.put_in_place, sender=self)
        events.listen()
