"""Hints over real sockets: heard, counted where some are missing, kept from strangers; a bad one does no harm."""

import asyncio
import json
import os
import shutil
from types import SimpleNamespace

import pytest
import zmq
import zmq.asyncio

from backend.config import ConfigurationError, EventsSection
from backend.domain.changes import Change, ChangeKind
from backend.domain.stations import StationRole
from backend.engine.hint_sockets import HintSockets, make_key
from backend.engine.hints import FORMAT, Hints

DEADLINE_S = 60


def database(embedded: bool = False):
    return SimpleNamespace(embedded=embedded, told=[])


class Peer:
    """Hints with the stations they know of, and how often they were hinted at."""

    def __init__(self, section: EventsSection | None = None, role: StationRole = StationRole.WINDOW) -> None:
        self.database = database()
        self.hints = Hints(section or EventsSection(), self.database)
        self.address, self.key = self.hints.open()
        self.stations = SimpleNamespace(role=role, others=())
        self.hinted = asyncio.Event()
        self.hints.listen(self.stations, self.hinted.set)
        self.task = asyncio.ensure_future(self.hints.run_forever())

    def knows(self, *others: "Peer") -> None:
        self.stations.others = tuple(
            SimpleNamespace(events=other.address, events_key=other.key, host=os.uname().nodename) for other in others
        )

    def commits(self, *changes: Change) -> None:
        for told in self.database.told:
            told(changes)

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.hints.close()


async def until(condition) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - what is waited for happens on sockets
            await asyncio.sleep(0.01)


@pytest.fixture
async def peers():
    made = []

    def make(*args, **kwargs):
        made.append(Peer(*args, **kwargs))
        return made[-1]

    yield make
    for peer in reversed(made):
        await peer.close()


async def test_that_what_one_station_commits_hints_another(peers):
    one, other = peers(), peers()
    one.knows(other)
    other.knows(one)
    await until(other.hints.hears_all)
    await until(one.hints.hears_all)
    other.hinted.clear()
    one.commits(Change(ChangeKind.JUDGED, (1, 2), mine=True))
    await asyncio.wait_for(other.hinted.wait(), DEADLINE_S)
    assert other.hints.missed == 0


async def test_that_an_engine_is_not_woken_by_verdicts_but_by_new_work(peers):
    one, engine = peers(), peers(role=StationRole.ENGINE)
    engine.knows(one)
    await until(engine.hints.hears_all)
    one.commits(Change(ChangeKind.JUDGED, (1,), mine=True))
    heard = engine.hints._last.copy()
    await until(lambda: engine.hints._last != heard)
    assert not engine.hinted.is_set()
    one.commits(Change(ChangeKind.ARRIVED, (2,), mine=True))
    await asyncio.wait_for(engine.hinted.wait(), DEADLINE_S)


async def test_that_a_missing_number_and_a_message_that_cannot_be_read_are_survived(peers):
    context = zmq.asyncio.Context()
    liar = context.socket(zmq.PUB)
    try:
        address = f"tcp://127.0.0.1:{liar.bind_to_random_port('tcp://127.0.0.1')}"
        peer = peers()
        peer.stations.others = (SimpleNamespace(events=address, events_key="", host=os.uname().nodename),)

        async def say(number: int) -> None:
            body = {"life": "x", "address": address, "seq": number, "changes": []}
            for frames in ([b"nonsense"], [FORMAT, b"{"], [FORMAT, b"[]"], [FORMAT, json.dumps(body).encode()]):
                await liar.send_multipart(frames)

        while not peer.hints.hears_all():
            await say(1)
            await asyncio.sleep(0.02)
        await say(5)
        await until(lambda: peer.hints.missed == 3)
        assert peer.hinted.is_set()
    finally:
        context.destroy(linger=0)


async def test_that_a_station_that_falls_silent_is_noticed(peers, monkeypatch):
    one, other = peers(), peers()
    other.knows(one)
    await until(other.hints.hears_all)
    one.task.cancel()
    monkeypatch.setattr("backend.engine.hints.HEARD_S", 0.0)
    assert not other.hints.hears_all()


async def test_that_with_keys_only_the_allowed_hear_and_are_heard(peers, tmp_path):
    files = {name: make_key(tmp_path, name) for name in ("hall", "desk", "stranger")}
    assert all(file.stat().st_mode & 0o077 == 0 for file, _ in files.values())
    (tmp_path / "known").mkdir()
    for name in ("hall", "desk"):
        shutil.copy(tmp_path / f"{name}.key", tmp_path / "known")

    def section(name: str) -> EventsSection:
        return EventsSection(listen="tcp://127.0.0.1:*", key=files[name][0], clients=tmp_path / "known")

    hall, desk, stranger = peers(section("hall")), peers(section("desk")), peers(section("stranger"))
    for peer in (desk, stranger):
        peer.knows(hall)
    hall.knows(desk, stranger)
    await until(desk.hints.hears_all)
    await until(lambda: desk.address in hall.hints._heard)
    for _ in range(3):  # beats of the desk, in which the stranger would have been heard as well
        number = desk.hints._seq
        await until(lambda number=number: desk.hints._seq > number)
    assert not stranger.hints.hears_all()
    assert stranger.address not in hall.hints._heard


def test_that_an_address_open_to_others_needs_a_key():
    async def open_it() -> None:
        HintSockets(EventsSection(listen="tcp://*:5570"))

    with pytest.raises(ConfigurationError, match=r"events\.key"):
        asyncio.run(open_it())


async def test_that_an_address_that_is_taken_is_said_so(peers):
    taken = peers()
    with pytest.raises(ConfigurationError, match="cannot be had"):
        HintSockets(EventsSection(listen=taken.address))


async def test_that_an_embedded_store_and_no_address_are_silent():
    assert Hints(EventsSection(), database(embedded=True)).open() == ("", "")
    assert Hints(EventsSection(listen=""), database()).open() == ("", "")
