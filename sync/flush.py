"""The flush: carries marked orders into the workbook, in rounds of reading, planning, writing and reading back.

The reading that begins a round is the read-back of the round before. Nothing is acknowledged that was not read
back, and every interruption ends the same way: the next round, or the next flush, reads and plans anew.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.db import OperationalError

from repairs.wording import counted
from sync import ledger, wanted
from sync.gone import check_gone
from sync.graph.errors import GraphError, Missing, OutcomeUnknown, Refused, TooLarge
from sync.graph.workbook import MAX_STEPS, Step, StepResult, delete_rows
from sync.image import Image, take_image
from sync.layout import WriteBlock, blocks, posts
from sync.lease import LeaseLost
from sync.models import Attention, Workbook
from sync.plan import Plan, RowDelete
from sync.planner import make_plan, sheets_to_read
from sync.reader import Reader
from sync.repair import Repairs, plan_repairs
from sync.runs import Claim
from sync.second_look import blocks_stand, rows_stand
from sync.sheets import Book
from sync.visit import Visit, visit
from sync.wanted import Intent, Wanted

ORDERS_PER_ROUND = 2_000
MOST_ROUNDS = 60
# Seconds after which a reading is too old to begin a batch on it: what the batch writes to is looked at once more.
FRESH = 4.0
# After so many seconds a flush ends and leaves the rest to the next, so that none runs for ever.
LONGEST = 120.0


@dataclass
class Tally:
    """What a flush did, in the words of the command's report."""

    rows_written: int = 0
    rows_added: int = 0
    rows_deleted: int = 0
    longest_gap: float = 0.0  # seconds between the begin of a reading and the end of the writing based on it
    synced: set[int] = field(default_factory=set)

    def count(self, arrived: Sequence[Intent]) -> None:
        """Counts the rows of writings that were read back."""
        self.rows_written += sum(not intent.adds_row for intent in arrived)
        self.rows_added += sum(intent.adds_row for intent in arrived)
        self.rows_deleted += sum(intent.deleting for intent in arrived)

    def report(self) -> dict[str, Any]:
        kept = asdict(self)
        kept.pop("synced")
        return kept | {"orders_synced": len(self.synced), "longest_gap": round(self.longest_gap, 3)}


def work(claim: Claim) -> None:
    """Performs a flush run."""
    tally = Tally()
    visit(claim, lambda going: Flush(going, tally).run())


def read_for(orders: Sequence[Wanted], reader: Reader) -> Book:
    """Reads what planning these orders needs: their sheets whole, of the others the keys.

    An order that a person moved stands on a sheet that nobody expected; then that one is read whole as well.
    """
    whole = {o.sheet for o in orders} | {o.agreed_sheet for o in orders}
    for order in orders:
        if order.intent:
            whole |= {order.intent.sheet, order.intent.source_sheet}
    spare = {name: sum(o.sheet == name and o.agreed_sheet != name for o in orders) for name in whole}
    book = reader.read(whole=whole, spare=spare)
    more = sheets_to_read(book, orders) - whole
    return reader.read(whole=whole | more, spare=spare) if more else book


def find_repairs(
    workbook: Workbook,
    book: Book,
    orders: Sequence[Wanted],
    image: Image | None,
    *,
    leaving: Collection[tuple[str, int]] = (),
) -> Repairs:
    """What an earlier writing hit by mistake and has to be put back; `image` is this flush's own, if it wrote."""
    if any(order.intent for order in orders) and (image := image or ledger.load_image(workbook)):
        return plan_repairs(book, orders, image, leaving=leaving)
    return Repairs()


def still_known(orders: Iterable[Wanted]) -> set[int]:
    """The orders whose new row Excel had called done: a repair in between does not make it another's."""
    return {o.order_id for o in orders if o.written and o.intent and o.intent.kind == "append"}


class Flush:
    """One flush in one session."""

    def __init__(self, going: Visit, tally: Tally) -> None:
        self.going = going
        self.reader = Reader(going.file, going.session_id)
        self.tally = tally
        self.apart: dict[int, int] = {}  # order to group, once a block was refused
        self.groups = 0
        self.wrote_last = False
        self.written: set[int] = (
            set()
        )  # orders whose writing was answered as done in the last round; new rows stay
        self.done: set[tuple[str, int]] = set()  # the rows, as sheet and number, that it wrote
        self.unclear: set[tuple[str, int]] = set()  # rows of which nobody knows whether they were written
        self.read_at = 0.0
        self.seen_at = 0.0  # when what is being sent was last looked at: by the reading, or once more
        self.image: Image | None = None  # the sheets before our last writing, once this flush has written
        self.repairs = Repairs()  # the last
        self.put_back: dict[
            tuple[str, int], int
        ] = {}  # rows that repairs write to, to what stands for an order
        self.hopeless: set[tuple[str, int]] = set()  # rows that Excel does not let us put back

    def run(self) -> None:
        ledger.forgive_sheets(self.going.workbook)
        begun = time.monotonic()
        try:
            for _ in range(MOST_ROUNDS):
                if not self._round() or time.monotonic() - begun > LONGEST:
                    break
        finally:
            self.going.claim.result |= self.tally.report()
        ledger.drop_image(self.going.lease)

    def _round(self) -> bool:
        """One reading and what follows from it; False when nothing is left to do."""
        self.going.claim.check_ending()
        orders = [
            replace(order, written=order.order_id in self.written)
            for order in wanted.to_settle(self.going.workbook, limit=ORDERS_PER_ROUND)
        ]
        if not orders:
            return False
        book = self._read(orders)
        repairs = find_repairs(self.going.workbook, book, orders, self.image, leaving=self.hopeless)
        gone = check_gone(book, self.going.lease, repairs)
        if not repairs.plan.is_empty:
            self._repair(book, repairs)
            self.written = still_known(orders)
            return True
        # Who was asked may have decided by now; what was planned without that must not ask again.
        plan = make_plan(book, [order for order in orders if order.replica_id not in gone])
        self._settle(plan, orders)
        if plan.is_empty:
            return wanted.pending(self.going.workbook).exists()
        part = plan.to_send(read_back=self.wrote_last, most_deletes=MAX_STEPS)
        if part.deletes and not self._still_stands(lambda: rows_stand(self.reader, book, part)):
            return True
        self._commit(part, take_image(book, part))
        if part.deletes:
            self._delete(book, part)
        else:
            self._send_blocks(book, part)
        self.wrote_last = not part.deletes
        return True

    def _read(self, orders: Sequence[Wanted]) -> Book:
        self.going.claim.report("Reading the workbook", total=len(self.tally.synced) + len(orders))
        self.read_at = self.seen_at = time.monotonic()
        book = read_for(orders, self.reader)
        ledger.notice_numbers(book)
        return book

    def _repair(self, book: Book, repairs: Repairs) -> None:
        for place, sentence in repairs.told.items():
            self.going.claim.step(sentence, trouble=True)
            # No order's id: a repair belongs to a row, and the one that Excel refuses is found as an order's is.
            repairs.plan.owners[place] = self.put_back.setdefault(place, -1 - len(self.put_back))
        self.repairs = repairs
        self.image = repairs.taking_image(book)
        ledger.keep_image(self.going.lease, self.image)
        self._send_blocks(book, repairs.plan)

    def _settle(self, plan: Plan, orders: Sequence[Wanted]) -> None:
        arrived = ledger.settle(self.going.lease, plan, orders)
        self.tally.count([o.intent for o in orders if o.order_id in arrived and o.intent])
        self.tally.synced |= arrived
        if arrived:
            told = f"{len(self.tally.synced)} of {self.going.claim.run.total} orders are in Excel"
            self.going.claim.report(told, done=len(self.tally.synced))
            self.going.claim.step(f"Read back: {told}.")

    def _commit(self, plan: Plan, image: Image) -> None:
        self.image = image
        ledger.commit_intents(self.going.lease, plan, image, run=self.going.claim.run)

    def _send_blocks(self, book: Book, plan: Plan) -> None:
        """Writes in batches. What was intended and not sent is planned anew."""
        batches = posts(blocks(plan, apart=self.apart))
        self.written, self.done, self.unclear = set(), set(), set()
        try:
            for number, batch in enumerate(batches, start=1):
                told = f"Writing to {_sheets(batch)}, batch {number} of {len(batches)}"
                self.going.claim.report(told)
                if not self._is_fresh(book, batch) or not self._send_batch(book, batch):
                    break
        except GraphError:
            self._note_sent(plan)
            with suppress(LeaseLost, OperationalError):  # what Excel said must not be lost with it
                self._keep_image()
            raise
        self._note_sent(plan)

    def _note_sent(self, plan: Plan) -> None:
        if self.image:
            self.image = self.image.after_sending(plan, self.done, self.unclear)

    def _keep_image(self) -> None:
        """Whoever goes on after an error must not look for what was never sent."""
        if self.image:
            ledger.keep_image(self.going.lease, self.image)

    def _is_fresh(self, book: Book, batch: Sequence[WriteBlock]) -> bool:
        """Whether a batch may be begun: its cells were read a moment ago, or are as they were read."""
        self.seen_at = self.read_at
        if time.monotonic() - self.read_at <= FRESH:
            return True
        return self._still_stands(lambda: blocks_stand(self.reader, book, batch))

    def _still_stands(self, look: Callable[[], bool]) -> bool:
        begun = time.monotonic()
        if look():
            self.seen_at = begun
            return True
        self.going.claim.step("Somebody changed what was about to be written to; it is read again.")
        return False

    def _send_batch(self, book: Book, batch: Sequence[WriteBlock]) -> bool:
        """Sends one post, in halves when as a whole it is too large; False when a block was refused."""
        try:
            results = self._send([block.step(book.sheets[block.sheet].sheet_id) for block in batch])
        except TooLarge as error:
            if len(batch) == 1:
                self._refused(batch[0], error)
                return False
            half = len(batch) // 2
            return all(
                self._is_fresh(book, part) and self._send_batch(book, part)
                for part in (batch[:half], batch[half:])
            )
        except GraphError as error:
            self.unclear.update(*(block.places for block in batch if not error.was_not_done))
            raise
        failed = _first_error(results)
        for block in batch[: failed[0] if failed else None]:
            self.written |= block.orders
            self.done |= block.places
        if failed:
            self.unclear |= set() if failed[1].was_not_done else batch[failed[0]].places
            self._refused(batch[failed[0]], failed[1])
            return False
        rows, steps = counted(sum(len(b.cells) for b in batch), "row"), counted(len(batch), "step")
        self.going.claim.step(f"Wrote to {rows} of {_sheets(batch)} in {steps}.")
        return True

    def _send(self, steps: Sequence[Step]) -> list[StepResult]:
        results = self.going.file.run(self.going.session_id, steps)
        self.tally.longest_gap = max(self.tally.longest_gap, time.monotonic() - self.seen_at)
        return results

    def _refused(self, block: WriteBlock, error: GraphError) -> None:
        """A block that Excel refuses for good is halved until the order that it refuses stands alone."""
        _raise_unless_about_it(error)
        told = f"Excel refused rows {block.first_row} to {block.last_row} of {block.sheet}: {error.sentence}"
        self.going.claim.step(told, trouble=True)
        if len(block.orders) == 1 and min(block.orders) < 0:
            for place in block.places:
                self._give_up_row(place, error)
            return
        if len(block.orders) == 1:
            ledger.need_person(self.going.lease, block.orders, Attention.REFUSED, error.sentence)
            return
        ordered = sorted(block.orders)
        for half in (ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]):
            self.groups += 1
            self.apart |= dict.fromkeys(half, self.groups)

    def _give_up_row(self, place: tuple[str, int], error: GraphError) -> None:
        """Excel does not let us put a row back. Who looks at it needs to know what belongs there."""
        self.hopeless.add(place)
        sheet, row = place
        cells = self.repairs.plan.writes[sheet][row].values()
        belongs = ", ".join(f"“{cell.value}”" for cell in cells if cell.value not in (None, "")) or "nothing"
        told = f"Row {row} of {sheet} was hit by mistake and can't be put back; {belongs} belongs there."
        self.going.claim.step(told, trouble=True)
        ids = ledger.orders_with(self.repairs.number_at(sheet, row))
        ledger.need_person(self.going.lease, ids, Attention.REFUSED, f"{error.sentence} {told}")

    def _delete(self, book: Book, plan: Plan) -> None:
        """Old rows of finished moves, which were looked at once more a moment ago."""
        chosen = plan.deletes
        self.going.claim.report(f"Removing {counted(len(chosen), 'moved row')} from the old place")
        steps = [delete_rows(book.sheets[d.sheet].sheet_id, d.row, d.row) for d in chosen]
        try:
            results = self._send(steps)
        except GraphError as error:
            if error.was_not_done:
                with suppress(LeaseLost, OperationalError):
                    self._note_not_deleted(chosen)
            raise
        gone = sum(result.error is None and not result.skipped for result in results)
        self.going.claim.step(f"Removed {gone} of {counted(len(chosen), 'moved row')} from the old place.")
        if failed := _first_error(results):
            self._not_deleted(chosen, *failed)

    def _not_deleted(self, chosen: Sequence[RowDelete], place: int, error: GraphError) -> None:
        """The chain of deletes broke at a place; what stands behind it was not begun."""
        self._note_not_deleted(chosen[place if error.was_not_done else place + 1 :])
        _raise_unless_about_it(error)
        refused = chosen[place]
        told = f"The old row of G{refused.number} on {refused.sheet} can't be removed: {error.sentence}"
        self.going.claim.step(told, trouble=True)
        ledger.need_person(self.going.lease, {refused.order_id}, Attention.REFUSED, told)

    def _note_not_deleted(self, deletes: Sequence[RowDelete]) -> None:
        if self.image:
            self.image = self.image.without_deletes((delete.sheet, delete.row) for delete in deletes)
            self._keep_image()


def _first_error(results: Sequence[StepResult]) -> tuple[int, GraphError] | None:
    """The place and the error of the step that broke the chain."""
    for index, result in enumerate(results):
        if result.error:
            return index, result.error
        if result.skipped:
            return index, OutcomeUnknown("Excel skipped a step without saying why.")
    return None


def _raise_unless_about_it(error: GraphError) -> None:
    """What is not there is no order's fault: somebody deleted the sheet or the file since it was read."""
    if not isinstance(error, Refused) or isinstance(error, Missing):
        raise error


def _sheets(batch: Sequence[WriteBlock]) -> str:
    return ", ".join(dict.fromkeys(block.sheet for block in batch))
