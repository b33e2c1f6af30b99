"""The back office of the write-behind engine: looked at, decided about, tried again or canceled; never edited."""

from sync.admin import replicas, runs, uploads, workbooks

__all__ = ["replicas", "runs", "uploads", "workbooks"]
