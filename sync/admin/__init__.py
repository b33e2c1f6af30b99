"""The back office of the write-behind engine: looked at, decided about, tried again or canceled; never edited."""

from sync.admin import odd_rows, replicas, runs, uploads, workbooks

__all__ = ["odd_rows", "replicas", "runs", "uploads", "workbooks"]
