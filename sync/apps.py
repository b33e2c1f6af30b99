from datetime import timedelta

from django.apps import AppConfig

from sync import work
from sync.work import Kind

KINDS = (
    Kind("flush", label="Writing to Excel", done="Excel is up to date", work="sync.flush.work"),
    Kind("check", label="Comparing with Excel", done="Compared with Excel", work="sync.agreement.work"),
    Kind(
        "import",
        label="Importing a file",
        done="The file is done",
        work="sync.imports.work",
        again="A file is tried and imported on its own page in the back office.",
        stop="A file is tried and imported on its own page in the back office.",
    ),
    Kind(
        "read",
        label="Reading from Excel",
        done="Read from Excel",
        work="sync.foreground.orphaned",
        again="A reading belongs to the command that waits for it. Please start that again.",
        left=timedelta(minutes=1),  # a command looks after its run every two seconds
    ),
    Kind(
        "document",
        label="Carrying a document to SharePoint",
        done="In SharePoint",
        work="sync.documents.work",
        order="sync.documents.order_of",
        vain="sync.documents.came_to_nothing",
        stop="To stop this, remove the document from its order.",
    ),
    Kind(
        "purge",
        label="Forgetting what is old",
        done="What was too old is forgotten",
        work="sync.purging.work",
    ),
)

KEPT_FOR_A_TIME = (
    ("ended runs", "sync.retention.ended_runs"),
    ("uploads that were not imported", "sync.retention.unwanted_uploads"),
    ("removed documents", "sync.retention.removed_documents"),
)


class SyncConfig(AppConfig):
    name = "sync"
    verbose_name = "Excel sync"

    def ready(self) -> None:
        from genthrust import (
            checks,  # noqa: F401 (registers itself)
            doctor,
            retention,
        )
        from people.abilities import Ability
        from repairs import listing, palette
        from repairs.palette import Place
        from sync import account, documents, marks, queries, sockets

        palette.add_places(
            Place("Runs", "runs", "background work progress jobs", keys="g r"),
            Place("Attention", "attention", "excel trouble conflicts needs a person decide"),
            Place(
                "Differences from Excel",
                "admin:sync_differences",
                "workbook changed by hand settle",
                needs=Ability.OPEN_BACK_OFFICE,
            ),
            Place(
                "Compare with Excel now",
                "compare",
                "workbook check sync agree",
                act=True,
                needs=Ability.STEER_SYNC,
            ),
        )
        listing.add_sort("excel", listing.Sort("Excel", groups=queries.standing_groups))
        marks.listen()
        documents.listen()
        account.listen()
        sockets.listen()
        for kind in KINDS:
            work.add_kind(kind)
        for label, path in KEPT_FOR_A_TIME:
            retention.add_rule(label, path)
        work.add_gauges("sync.metrics.read")
        doctor.add_check("Microsoft 365", "sync.doctor.microsoft")
        doctor.add_check("sign-in app", "sync.doctor.sign_in_app")
        doctor.add_check("processes", "sync.doctor.processes")
        doctor.add_check("work", "sync.doctor.work_at_hand")
        work.add_starter("sync.documents.start_due")
        work.add_starter("sync.runs.start_flushes")
        work.add_clock("sync.setback.mend")
        work.add_clock("sync.documents.mend")
        work.add_clock("sync.runs.schedule")
        work.add_clock("sync.progress.keep_time")
        work.add_clock("sync.purging.keep_time")
