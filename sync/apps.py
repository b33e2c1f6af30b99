from django.apps import AppConfig

from sync import work
from sync.work import Kind

KINDS = (
    Kind("flush", label="Writing to Excel", done="Excel is up to date", work="sync.flush.work"),
    Kind("check", label="Comparing with Excel", done="Compared with Excel", work="sync.agreement.work"),
    Kind(
        "read",
        label="Reading from Excel",
        done="Read from Excel",
        work="sync.foreground.orphaned",
        again="A reading belongs to the command that waits for it. Please start that again.",
    ),
)


class SyncConfig(AppConfig):
    name = "sync"
    verbose_name = "Excel sync"

    def ready(self) -> None:
        from genthrust import checks  # noqa: F401 (registers itself)
        from sync import marks

        marks.listen()
        for kind in KINDS:
            work.add_kind(kind)
        work.add_starter("sync.runs.start_flushes")
        work.add_clock("sync.setback.mend")
        work.add_clock("sync.runs.schedule")
