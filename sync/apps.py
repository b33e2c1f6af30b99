from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "sync"
    verbose_name = "Excel sync"

    def ready(self) -> None:
        from sync import marks

        marks.listen()
