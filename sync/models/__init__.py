"""The models of the write-behind engine, by noun."""

from sync.models.beats import Beat
from sync.models.documents import DocumentCopy
from sync.models.odd_rows import OddRow
from sync.models.replicas import Attention, Replica
from sync.models.runs import Run, RunStep
from sync.models.uploads import Upload
from sync.models.workbooks import BeforeImage, Workbook
from sync.models.writings import RunWriting

__all__ = [
    "Attention",
    "Beat",
    "BeforeImage",
    "DocumentCopy",
    "OddRow",
    "Replica",
    "Run",
    "RunStep",
    "RunWriting",
    "Upload",
    "Workbook",
]
