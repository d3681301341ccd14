"""A port that speaks and one that listens, before a studio with the tone engine; the package `wyoming` asks them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.event import Event

from backend.studio import Studio
from backend.wyoming_ports.conversation import LISTENS, SPEAKS, Duty
from backend.wyoming_ports.ports import Port

Found = TypeVar("Found")
PATIENCE = 20.0  # seconds


@asynccontextmanager
async def connected(port: Port) -> AsyncIterator[AsyncTcpClient]:
    """The package's own client on a port."""
    client = AsyncTcpClient("127.0.0.1", port.number)
    await client.connect()
    try:
        yield client
    finally:
        await client.disconnect()


async def events_until(client: AsyncTcpClient, last: str) -> list[Event]:
    """Everything up to the first event of that type, or to the end of the connection."""
    found: list[Event] = []
    while (event := await asyncio.wait_for(client.read_event(), PATIENCE)) is not None:
        found.append(event)
        if event.type == last:
            break
    return found


def ask(port: Port, conversation: Callable[[AsyncTcpClient], Awaitable[Found]]) -> Found:
    """Have a whole conversation, in a thread of its own: the browser of other tests has an event loop in this one."""

    async def held() -> Found:
        async with connected(port) as client:
            return await conversation(client)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(held())).result()


def sound_of(events: list[Event]) -> bytes:
    return b"".join(event.payload or b"" for event in events if event.type == "audio-chunk")


def kinds(events: list[Event]) -> list[str]:
    """Types in order, each run of chunks of sound as one."""
    names = [event.type for event in events]
    return [name for at, name in enumerate(names) if name != "audio-chunk" or names[at - 1] != "audio-chunk"]


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.01)


def opened(studio: Studio, duty: Duty) -> Iterator[Port]:
    port = Port("127.0.0.1", 0, duty)
    port.bind()
    port.start(studio)
    yield port
    port.close()


@pytest.fixture(autouse=True)
def only_tones(studio: Studio) -> None:
    """The protocol names no engine; the tone engine is at once there."""
    studio.models.engines = {"fake": studio.models.engines["fake"]}


@pytest.fixture
def speaker(studio: Studio) -> Iterator[Port]:
    """The port that speaks."""
    yield from opened(studio, SPEAKS)


@pytest.fixture
def listener(studio: Studio) -> Iterator[Port]:
    """The port that listens."""
    yield from opened(studio, LISTENS)
