"""Long lists, page by page."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, Generic, TypeVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


class KeysFirst(Generic[M]):
    """A sorted list of which a part is found by its keys alone, so that the rows left out are never read.

    The keys stand in an index beside what the list is filtered and sorted by; the rows, with all that a page shows,
    are many times as wide. `parts` follow each other in the list, each of them sorted. `beside` names the related
    rows that are read with the found ones. `count` is the list's length where it is known already, and `lengths` are
    those of the parts.
    """

    def __init__(
        self,
        *parts: "QuerySet[M]",
        beside: Sequence[str],
        count: int | None = None,
        lengths: Sequence[int] = (),
    ) -> None:
        self._parts = parts
        self._beside = beside
        self._lengths = lengths
        self._count = sum(lengths) if lengths else count

    def count(self) -> int:
        """The length, asked for at most once."""
        if self._count is None:
            self._count = sum(part.count() for part in self._parts)
        return self._count

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, wanted: slice) -> list[M]:
        keys = list(self._keys(wanted.start or 0, self.count() if wanted.stop is None else wanted.stop))
        rows = self._parts[0].model._default_manager.select_related(*self._beside).order_by().in_bulk(keys)
        return [rows[key] for key in keys if key in rows]  # a row may be gone since

    def __iter__(self) -> Iterator[M]:
        return self.iterator()

    def iterator(self, chunk_size: int = 1000) -> Iterator[M]:
        """All rows, read in chunks."""
        for part in self._parts:
            yield from part.select_related(*self._beside).iterator(chunk_size=chunk_size)

    def columns(self, *names: str) -> Iterator[Any]:
        """Of all rows these columns alone, each row a tuple."""
        for part in self._parts:
            yield from part.values_list(*names)

    def _keys(self, start: int, stop: int) -> Iterator[Any]:
        """The keys from one place to another, gathered from the parts in which they lie."""
        for part, length in zip_longest(self._parts, self._lengths):
            taken: Sequence[Any] = ()
            if length is None or start < length:
                taken = list(part.values_list("pk", flat=True)[start:stop])
                yield from taken
            passed = length
            if passed is None:
                passed = start + len(taken) if taken or not start else part.count()
            start, stop = max(0, start - passed), stop - passed
            if stop <= 0:
                return


class Pages(Paginator):  # type: ignore[type-arg]  # generic for mypy only
    """The pages of such a list."""

    def __init__(self, rows: KeysFirst[Any], per_page: int) -> None:
        super().__init__(rows, per_page)  # type: ignore[arg-type]  # it asks for a length and for slices only
