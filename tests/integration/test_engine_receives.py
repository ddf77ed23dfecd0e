"""An engine that listens: what comes over a real socket is stored, answered, quarantined and shown."""

import asyncio
import contextlib
import hashlib
import itertools

import pytest
import zmq
import zmq.asyncio

from backend.domain.errors import FeedSetupError
from backend.domain.health import Condition
from backend.engine.feed_health import combined
from backend.engine.feed_runner import check_receiver
from backend.events import FileQuarantined, PlotJudged, StatusChanged
from backend.feed.zeromq.keys import make_keys, read_pair
from backend.feed.zeromq.parsing import parse_reply
from backend.feed.zeromq.protocol import (
    Acknowledged,
    Hello,
    PlotMessage,
    Refusal,
    Refused,
    Unsendable,
    Welcome,
    encode_request,
)
from backend.services.doctor.feed import check_network
from backend.store import Store
from tests.fakes.engines import running_engine, settings_for
from tests.fakes.image_files import encoded, png_chunk
from tests.fakes.network import free_port


class Producer:
    """Another program with a DEALER socket."""

    def __init__(self, port, keys=None, server=""):
        self.context = zmq.asyncio.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        if keys is not None:
            self.socket.curve_publickey, self.socket.curve_secretkey = keys.public.encode(), keys.secret.encode()
            self.socket.curve_serverkey = server.encode()
        self.socket.connect(f"tcp://127.0.0.1:{port}")

    async def ask(self, *requests, answers=None):
        for request in requests:
            await self.socket.send_multipart(encode_request(request))
        return [await self.answer() for _ in range(len(requests) if answers is None else answers)]

    async def answer(self, deadline_s=60.0):
        async with asyncio.timeout(deadline_s):
            return parse_reply(await self.socket.recv_multipart())

    async def close(self):
        self.socket.close(0)
        await asyncio.to_thread(self.context.term)


@contextlib.asynccontextmanager
async def hall(place, **sections):
    port = free_port()
    zeromq = {"listen": f"tcp://127.0.0.1:{port}"} | sections.pop("zeromq", {})
    async with running_engine(settings_for(place, feed={"zeromq": zeromq}, **sections)) as (engine, heard):
        yield engine, heard, port


@contextlib.asynccontextmanager
async def producing(port, keys=None, server=""):
    producer = Producer(port, keys, server)
    try:
        yield producer
    finally:
        await producer.close()


def plot(number, data=None, **changes):
    given = {"plot_type": "CDC_occupancy", "run": 42, "chunk": number} | changes
    return PlotMessage(str(number), "daq1", encoded(seed=number) if data is None else data, **given)


async def test_that_a_plot_is_acknowledged_once_it_is_in_the_store_and_then_judged(tmp_path):
    async with hall(tmp_path) as (engine, heard, port), producing(port) as producer:
        [welcome] = await producer.ask(Hello("daq1"))
        assert isinstance(welcome, Welcome)
        assert (welcome.station, welcome.trouble) == ("test", "")
        message = plot(1, run_period="RunPeriod-2026-11", taken_us=1_760_000_000_000_000)
        assert await producer.ask(message) == [Acknowledged("1", new=True, window=64)]
        assert engine.store.counts().plots == 1  # already, not soon
        await heard.until(lambda events: any(isinstance(event, PlotJudged) for event in events))
        [tile] = (await engine.view()).tiles
        assert (tile.plot.identity.run, tile.plot.identity.chunk) == (42, 1)
        assert tile.plot.sha256 == hashlib.sha256(message.data).hexdigest()
        assert tile.plot.taken_at.timestamp() == 1_760_000_000


async def test_that_the_same_plot_twice_is_one_plot_however_it_comes(tmp_path):
    async with hall(tmp_path) as (engine, _, port), producing(port) as producer:
        first = plot(1, path="Run000042/CDC_occupancy_0001.png", plot_type=None, run=None, chunk=None)
        answers = [*await producer.ask(first), *await producer.ask(first), *await producer.ask(plot(1))]
        assert [(answer.id, answer.new) for answer in answers] == [("1", True), ("1", False), ("1", False)]
        assert engine.store.counts().plots == 1


async def test_that_what_cannot_become_a_plot_is_refused_and_set_aside_with_the_same_reason(tmp_path):
    whole = encoded()
    bad = {
        Refusal.TRUNCATED: plot(1, whole[:-40], path="a/Cut.png"),
        Refusal.NOT_AN_IMAGE: plot(2, b"no image at all, but text", path="a/Text.png"),
        Refusal.WRONG_SUFFIX: plot(3, whole, path="a/Photo.jpg"),
        Refusal.BAD_NAME: plot(4, whole, plot_type="0001"),
        Refusal.DAMAGED: plot(5, whole, sha256="0" * 64),
        Refusal.EMPTY: plot(6, b"", path="a/Empty.png"),
        Refusal.TOO_LARGE: plot(8, whole + bytes(20_000), path="a/Large.png"),
    }
    settings = {"input": {"max_bytes": 20_000}}
    async with hall(tmp_path, **settings) as (engine, heard, port), producing(port) as producer:
        for reason, message in bad.items():
            [answer] = await producer.ask(message)
            assert isinstance(answer, Refused)
            assert (answer.id, answer.reason) == (message.id, reason)
            assert answer.message
        [told] = await producer.ask(Unsendable("7", "daq1", "a/Huge.png", Refusal.TOO_LARGE, "too much", 10**9))
        assert isinstance(told, Acknowledged)
        files = await engine.quarantined()
        assert {file.path for file in files} >= {"daq1:a/Cut.png", "daq1:a/Huge.png", "daq1:4"}
        assert [file.reason.name.lower() for file in reversed(files)] == [*bad, "too_large"]
        assert sum(isinstance(event, FileQuarantined) for event in heard.events) == 8
        await producer.ask(bad[Refusal.TRUNCATED])  # again: entered once
        assert len(await engine.quarantined()) == 8
        good = plot(1, whole, path="a/Cut.png", taken_us=5)
        assert isinstance((await producer.ask(good))[0], Acknowledged)
        assert "daq1:a/Cut.png" not in {file.path for file in await engine.quarantined()}


async def test_that_nonsense_is_answered_with_the_reason_and_shown(tmp_path):
    async with hall(tmp_path) as (_, heard, port), producing(port) as producer:
        await producer.socket.send_multipart([b"HydraReport {}"])
        answer = await producer.answer()
        assert (answer.id, answer.reason) == (None, Refusal.BAD_MESSAGE)
        await heard.until(lambda events: "bad message" in feed_word(events))


def feed_word(events):
    words = [event.status.health.feed.word for event in events if isinstance(event, StatusChanged)]
    return words[-1] if words else ""


async def test_that_the_status_shows_the_directory_and_the_network_side_by_side(tmp_path):
    async with hall(tmp_path) as (_, heard, port):
        await heard.until(lambda events: feed_word(events) == f"watching · listening on {port}")
        async with producing(port) as producer:
            await producer.ask(Hello("daq1"))
            await heard.until(lambda events: feed_word(events) == "watching · 1 feeder")


async def test_that_a_port_that_is_taken_makes_the_feed_fail_until_it_is_free(tmp_path):
    taken = zmq.Context()
    other = taken.socket(zmq.ROUTER)
    port = other.bind_to_random_port("tcp://127.0.0.1")
    try:
        async with hall(tmp_path, zeromq={"listen": f"tcp://127.0.0.1:{port}"}) as (engine, heard, _):
            await heard.until(lambda events: "cannot listen" in feed_word(events))
            assert engine._status.health.feed.condition is Condition.FAILED
            assert f"127.0.0.1:{port}" in engine._status.health.feed.advice
            other.close(0)
            await heard.until(lambda events: "listening" in feed_word(events))
    finally:
        other.close(0)
        taken.term()


async def test_that_plots_of_an_outage_never_take_the_place_of_newer_ones(tmp_path):
    async with hall(tmp_path) as (engine, heard, port), producing(port) as producer:
        await producer.ask(plot(2))
        await producer.ask(plot(1, waited_ms=3_600_000))
        await heard.until(lambda events: sum(isinstance(event, PlotJudged) for event in events) == 2)
        [tile] = (await engine.view()).tiles
        assert tile.plot.identity.chunk == 2
        [stored] = engine.store.live.hall()
        assert stored.plot.identity.chunk == 2


async def test_that_nothing_is_acknowledged_while_the_database_is_away_and_everything_after(
    tmp_path, mariadb_server, mariadb_url
):
    Store.upgrade(mariadb_url)
    store = {"url": mariadb_url, "data_dir": tmp_path / "data"}
    async with hall(tmp_path, store=store) as (engine, _, port), producing(port) as producer:
        await producer.ask(plot(0))
        mariadb_server.halt()
        try:
            for number in range(1, 4):
                await producer.socket.send_multipart(encode_request(plot(number)))
            for _ in itertools.count():
                [answer] = await producer.ask(Hello("daq1"))
                assert isinstance(answer, Welcome)  # and no acknowledgement
                if "database is away" in answer.trouble:
                    break
                await asyncio.sleep(0.05)
        finally:
            mariadb_server.resume()  # in this thread: the server ends with the one that started it
        assert {(await producer.answer()).id for _ in range(3)} == {"1", "2", "3"}
        assert engine.store.counts().plots == 4


async def test_that_only_senders_whose_key_is_known_get_in(tmp_path):
    folder = tmp_path / "clients"
    folder.mkdir()
    secret, _, server = make_keys(tmp_path / "hall")
    make_keys(folder / "daq1")
    make_keys(tmp_path / "stranger")
    daq1 = read_pair(folder / "daq1.key_secret")
    stranger = read_pair(tmp_path / "stranger.key_secret")
    async with hall(tmp_path, zeromq={"key": secret, "clients": folder}) as (_, _, port):
        async with producing(port, daq1, server) as producer:
            assert isinstance((await producer.ask(plot(1)))[0], Acknowledged)
        for keys, server_key in ((stranger, server), (daq1, stranger.public), (None, "")):
            async with producing(port, keys, server_key) as producer:
                await producer.socket.send_multipart(encode_request(Hello("daq1")))
                with pytest.raises(TimeoutError):
                    await producer.answer(deadline_s=0.7)
        (folder / "stranger.key").write_bytes((tmp_path / "stranger.key").read_bytes())
        async with producing(port, stranger, server) as producer:
            assert isinstance((await producer.ask(Hello("daq9")))[0], Welcome)


@pytest.mark.parametrize("missing", ["key", "clients"])
def test_that_the_program_does_not_begin_without_its_keys_and_says_how_to_make_them(tmp_path, missing):
    secret, _, _ = make_keys(tmp_path / "hall")
    (tmp_path / "clients").mkdir()
    given = {"key": secret, "clients": tmp_path / "clients"} | {missing: tmp_path / "none"}
    settings = settings_for(tmp_path, feed={"zeromq": {"listen": "tcp://0.0.0.0:5570"} | given})
    with pytest.raises(FeedSetupError, match="hydra-gui feed keygen"):
        check_receiver(settings)


def test_that_the_worse_of_two_feeds_is_shown_with_both_words():
    from backend.domain.health import PartHealth

    good, bad = PartHealth(Condition.OK, "watching"), PartHealth(Condition.FAILED, "cannot listen", "do this")
    assert combined(good, bad) == PartHealth(Condition.FAILED, "watching · cannot listen", "do this")
    assert combined(good, None) is good
    assert combined(None, None) is None


def findings(settings):
    return [(finding.outcome.value, finding.detail) for finding in check_network(settings)]


def test_that_the_doctor_looks_at_keys_and_senders(tmp_path):
    secret, public, _ = make_keys(tmp_path / "hall")
    folder = tmp_path / "clients"
    zeromq = {"listen": "tcp://0.0.0.0:5570", "key": secret, "clients": folder}
    assert findings(settings_for(tmp_path)) == []
    local = settings_for(tmp_path, feed={"zeromq": {"listen": "tcp://127.0.0.1:5570"}})
    assert findings(local) == [("ok", "tcp://127.0.0.1:5570, from this machine only")]
    settings = settings_for(tmp_path, feed={"zeromq": zeromq})
    assert findings(settings)[0][0] == "failed"
    folder.mkdir()
    assert findings(settings) == [("warning", "tcp://0.0.0.0:5570, but no sender is allowed")]
    (folder / "daq1.key").write_bytes(public.read_bytes())
    assert findings(settings) == [("ok", "tcp://0.0.0.0:5570, 1 senders are allowed")]


def undecodable_png():
    """Every checksum is right, the compressed pixels are not."""
    whole = encoded(size=(40, 30))
    header = whole[8:33]
    return whole[:8] + header + png_chunk(b"IDAT", b"no pixels at all") + png_chunk(b"IEND", b"")


async def test_that_in_a_rush_plots_are_made_safe_first_and_all_of_them_judged_then(tmp_path):
    bad = plot(99, undecodable_png())
    messages = [*(plot(number) for number in range(60)), bad]
    async with hall(tmp_path) as (engine, heard, port), producing(port) as producer:
        answers = await producer.ask(*messages)
        assert [answer for answer in answers if not isinstance(answer, Acknowledged)] == []
        assert {answer.id for answer in answers} == {message.id for message in messages}
        assert engine.store.counts().plots == 61
        await heard.until(lambda events: sum(isinstance(event, PlotJudged) for event in events) == 60)
        await heard.until(lambda events: any(isinstance(event, FileQuarantined) for event in events))
        counts = engine.store.counts()
        assert (counts.no_model, counts.given_up, counts.pending) == (60, 1, 0)
