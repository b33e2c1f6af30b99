"""Which process of a run takes which file of tests."""

from typing import Any

from xdist.scheduler.loadfile import LoadFileScheduling

BROWSING = "tests/e2e/"


class Spread(LoadFileScheduling):  # type: ignore[misc]  # xdist comes without types
    """Each file to one process, and those with a browser to the first of them from the start.

    Several browsers at once keep all cores busy by themselves, while most other tests wait for processes to die and for
    locks: side by side they take less time than one kind after the other. Who is through with the others helps, but
    nobody turns back: Playwright leaves an event loop behind in its process.
    """

    def _assign_work_unit(self, node: Any) -> None:
        for file in self.workqueue:
            if _browses(file) == (node == self.nodes[0]):
                self.workqueue.move_to_end(file, last=False)
                break
        super()._assign_work_unit(node)

    def _reschedule(self, node: Any) -> None:
        has_browsed = any(map(_browses, self.assigned_work[node]))
        if not has_browsed or any(map(_browses, self.workqueue)):
            super()._reschedule(node)
        elif not node.shutting_down:
            node.shutdown()


def _browses(file: str) -> bool:
    return file.startswith(BROWSING)
