"""A Hydra beside this program: real sockets, its verdicts beside ours, and nothing that it sends does harm."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import zmq
import zmq.asyncio

from backend.config import HydraSection
from backend.domain.plots import Plot
from backend.engine.hydra_listener import HydraListener
from backend.events import Event, OpinionHeard
from backend.pipeline.store_link import StoreLink
from backend.store import Store
from tests.fakes.engines import eventually
from tests.samples import OWNER, commit_one, judged, put_in_force


def report(plot: Plot, best: str = "Bad", confidence: float = 0.93, **meta: object) -> bytes:
    identity = plot.identity
    about = {
        "plotType_ID": 7,
        "modelID": 206,
        "inDATA": f"/hydra/in/{identity.run:06d}/{identity.plot_type}.png",
        "runNumber": identity.run,
        "datetime": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}",
    }
    scores = {"Labels": {"0": best, "1": "Another"}, "Confidences": [confidence, 1 - confidence]}
    return b"HydraReport " + json.dumps({"MetaData": about | meta, "Analysis": scores}).encode()


class Predict:
    """Hydra's predict process as far as its socket goes."""

    def __init__(self) -> None:
        self.context = zmq.asyncio.Context()
        self.port = 0
        self.start()

    def start(self) -> None:
        self.socket = self.context.socket(zmq.XPUB)
        self.socket.linger = 0
        if self.port:
            self.socket.bind(f"tcp://127.0.0.1:{self.port}")
        else:
            self.port = self.socket.bind_to_random_port("tcp://127.0.0.1")

    async def wait_for_listener(self) -> None:
        async with asyncio.timeout(90):
            assert (await self.socket.recv()).startswith(b"\x01")

    def stop(self) -> None:
        self.socket.close()

    def close(self) -> None:
        self.stop()
        self.context.term()


@pytest.fixture
async def predict() -> AsyncIterator[Predict]:
    made = Predict()
    yield made
    made.close()


@pytest.fixture
async def heard(store: Store, predict: Predict) -> AsyncIterator[list[Event]]:
    """A listener at work; what it tells."""
    events: list[Event] = []
    with ThreadPoolExecutor(1) as executor:
        section = HydraSection(connect=(f"tcp://127.0.0.1:{predict.port}",))
        listener = HydraListener(section, store, StoreLink(executor), events.append)
        working = asyncio.create_task(listener.run_forever())
        await predict.wait_for_listener()
        yield events
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_that_its_verdicts_stand_beside_ours_whatever_else_it_sends(
    store: Store, predict: Predict, heard: list[Event]
) -> None:
    model = put_in_force(store)
    plot = commit_one(store)
    store.verdicts.record([judged(plot, model, bad=0.1)], OWNER)
    before = store.counts(), store.live.detail("CDC_occupancy").tile.verdict
    twice = report(plot)
    for sent in (b"Hello Hydra", b"HydraReport nonsense", b"HydraReport {}", twice, twice):
        await predict.socket.send(sent)
    await predict.socket.send(report(plot, inDATA="/hydra/in/000042/Never_seen_here.png"))
    await predict.socket.send_multipart([b"HydraReport", report(plot, "NoData", 0.8, modelID=3)[12:]])
    await eventually(lambda: store.opinions.of_plot(plot) and store.opinions.of_plot(plot)[0].confidence == 0.8)
    [opinion] = store.opinions.of_plot(plot)
    assert (opinion.source, opinion.classification) == ("Hydra", "NoData"), "the newest of a source counts"
    assert heard
    assert set(heard) == {OpinionHeard("CDC_occupancy")}
    assert (store.counts(), store.live.detail("CDC_occupancy").tile.verdict) == before, "ours stays ours"
    assert store.plot_types.all()[0].name == "CDC_occupancy"
    assert len(store.plot_types.all()) == 1, "what this hall does not have is not made"


async def test_that_it_may_be_silent_go_and_come_back(store: Store, predict: Predict, heard: list[Event]) -> None:
    plot = commit_one(store)
    predict.stop()
    await asyncio.sleep(0.1)
    predict.start()
    await predict.wait_for_listener()
    await predict.socket.send(report(plot))
    await eventually(lambda: heard)
    assert [opinion.classification for opinion in store.opinions.of_plot(plot)] == ["Bad"]


def test_that_an_opinion_is_of_its_run_and_chunk(store: Store) -> None:
    from backend.feed.hydra.reports import parse_report

    plot, other = commit_one(store, 1, chunk=4), commit_one(store, 2, chunk=5)
    sent = report(plot, inDATA="/in/CDC_occupancy_0004.png")
    assert store.opinions.record("Hydra", [parse_report(sent, {})]) == ["CDC_occupancy"]
    assert len(store.opinions.of_plot(plot)) == 1
    assert store.opinions.of_plot(other) == ()
