"""Large uploads wait in a temporary file. Where the disk is full, the file is left out and the page can say why."""

import errno
from collections.abc import Callable
from typing import Any

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
TOLD = "“{}” can't be kept: the server's disk is full or can't be written to. Nothing was saved."
_ATTRIBUTE = "upload_trouble"


class TemporaryFile(TemporaryFileUploadHandler):
    """Django's handler, for which a full disk is no error in the program."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self._or_skip(lambda: super(TemporaryFile, self).new_file(*args, **kwargs))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._or_skip(lambda: super(TemporaryFile, self).receive_data_chunk(raw_data, start))

    def file_complete(self, file_size: int) -> Any:
        return self._or_skip(lambda: super(TemporaryFile, self).file_complete(file_size))

    def _or_skip(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except OSError as error:
            if error.errno not in FULL:
                raise
            setattr(self.request, _ATTRIBUTE, TOLD.format(self.file_name))
            raise SkipFile from error


def trouble(request: HttpRequest) -> str:
    """Why a file of this request is not there, as a sentence; "" when all of them are."""
    return str(getattr(request, _ATTRIBUTE, ""))
