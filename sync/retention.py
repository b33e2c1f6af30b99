"""How long ended runs, removed documents and uploads that nobody wanted imported are kept."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from genthrust.retention import forget
from repairs import clock, documents
from repairs.errors import Refusal
from repairs.models import Document
from sync.models import DocumentCopy, Run, Upload


def ended_runs(dry_run: bool) -> int:
    """Runs that ended more than RUN_KEEP_DAYS ago, with their steps and what they wrote; they can't be undone then.

    A run that a row of another app is built on, such as an answer of the assistant, stays with that row.
    """
    old: QuerySet[Run] = Run.objects.filter(finished_at__lt=_days_ago(settings.RUN_KEEP_DAYS))
    for relation in Run._meta.related_objects:
        if relation.one_to_one:
            old = old.filter(**{f"{relation.name}__isnull": True})
    return forget(old.exclude(state__in=Run.OPEN), dry_run)


def unwanted_uploads(dry_run: bool) -> int:
    """Files that were tried and never imported."""
    open_ = Run.objects.filter(kind="import", about=OuterRef("pk"), state__in=Run.OPEN)
    old = Upload.objects.filter(imported_at=None, at__lt=_days_ago(settings.RUN_KEEP_DAYS))
    return forget(old.exclude(Exists(open_)), dry_run)


def removed_documents(dry_run: bool) -> int:
    """Documents that were removed more than DOCUMENT_KEEP_DAYS ago, once SharePoint has nothing of them any more."""
    there = DocumentCopy.objects.filter(document=OuterRef("pk")).exclude(_nothing_there())
    old = Document.objects.filter(removed_at__lt=_days_ago(settings.DOCUMENT_KEEP_DAYS)).exclude(
        Exists(there)
    )
    return old.count() if dry_run else sum(_purged(document) for document in old)


def _nothing_there() -> Q:
    return Q(item_id="", upload="", due_at=None, trouble="")


def _purged(document: Document) -> bool:
    try:
        documents.purge(document)
    except Refusal:  # somebody brought it back meanwhile
        return False
    return True


def _days_ago(days: int) -> Any:
    return clock.now() - timedelta(days=days)
