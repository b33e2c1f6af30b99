"""A thread of the pool waits only so long for whoever reads its answer slowly, or not at all."""

import asyncio

from django.conf import settings

from genthrust.receiving import Application, Message, Receive, Scope, Send


class Patient:
    """Stands in front of everything. What a reader did not take in time, and all that follows, is thrown away; the
    server closes the connection then, because the answer is not complete.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given_up = False

        async def patiently(message: Message) -> None:
            nonlocal given_up
            if given_up:
                return
            try:
                async with asyncio.timeout(settings.CLIENT_SECONDS):
                    await send(message)
            except TimeoutError:
                given_up = True

        await self._application(scope, receive, patiently)
