"""The channel layer of the embedded mode: what any thread sends reaches a waiting consumer at once."""

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer

from genthrust.layers import OneLoopInMemoryChannelLayer

MESSAGE = {"type": "run.changed", "id": 7}
GROUP = "runs"


def sent_from_a_thread(layer: Any, *, patience: float) -> tuple[bool, Any]:
    """Whether a consumer that waits on an otherwise idle loop was woken while the sender looked on; what it got."""
    heard = threading.Event()

    def send() -> bool:
        async_to_sync(layer.group_send)(GROUP, MESSAGE)
        return heard.wait(patience)

    async def serve() -> tuple[bool, Any]:
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        consumer = asyncio.create_task(layer.receive(channel))
        consumer.add_done_callback(lambda _: heard.set())
        await asyncio.sleep(0)  # now the consumer waits
        woken = await asyncio.to_thread(send)
        return woken, await consumer

    return asyncio.run(serve())


def test_a_message_from_another_thread_wakes_the_consumer() -> None:
    assert sent_from_a_thread(OneLoopInMemoryChannelLayer(), patience=20) == (True, MESSAGE)


def test_the_control_the_plain_layer_leaves_it_asleep() -> None:
    assert sent_from_a_thread(InMemoryChannelLayer(), patience=0.5) == (False, MESSAGE)


def test_many_threads_at_once_lose_nothing() -> None:
    layer = OneLoopInMemoryChannelLayer(capacity=1000)
    each, threads = 25, 8

    def send(thread: int) -> None:
        for n in range(each):
            async_to_sync(layer.group_send)(GROUP, {"type": "run.changed", "id": thread * each + n})

    async def serve() -> list[int]:
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        first = asyncio.create_task(layer.receive(channel))
        await asyncio.sleep(0)
        await asyncio.gather(*(asyncio.to_thread(send, thread) for thread in range(threads)))
        rest = [await layer.receive(channel) for _ in range(each * threads - 1)]
        return [message["id"] for message in [await first, *rest]]

    assert sorted(asyncio.run(serve())) == list(range(each * threads))


def test_a_message_within_the_loop_goes_the_plain_way() -> None:
    layer = OneLoopInMemoryChannelLayer()

    async def serve() -> Any:
        await layer.send("one", MESSAGE)
        return await layer.receive("one")

    assert asyncio.run(serve()) == MESSAGE


@pytest.mark.parametrize("closed", [True, False])
def test_after_the_server_has_stopped_nobody_waits_for_it(closed: bool) -> None:
    layer = OneLoopInMemoryChannelLayer()
    server = asyncio.new_event_loop()

    async def heard() -> Any:
        await layer.send("one", MESSAGE)
        return await layer.receive("one")

    server.run_until_complete(heard())
    if closed:
        server.close()
    async_to_sync(layer.group_send)(GROUP, MESSAGE)
    async_to_sync(layer.send)("one", MESSAGE)
    server.close()


def test_a_server_that_starts_again_in_the_same_process_is_reached() -> None:
    layer = OneLoopInMemoryChannelLayer()
    for _ in range(2):
        assert sent_from_a_thread(layer, patience=20) == (True, MESSAGE)
