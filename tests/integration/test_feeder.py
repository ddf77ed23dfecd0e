"""A feeder and a receiver over real sockets: what is lost, doubled or stuck when files, disk or network misbehave."""

import asyncio
import os
from pathlib import Path

import pytest

from backend.domain.intake import AfterIntake
from backend.feed.shipping.spool import SpoolBounds
from backend.feed.zeromq.protocol import Refusal
from backend.feed.zeromq.windows import Bounds
from tests.fakes.image_files import encoded
from tests.fakes.network import Proxy, free_port
from tests.fakes.receiving import TakesIn, shipping, until


def write(root: Path, count: int, first: int = 0) -> dict[str, bytes]:
    """Plots of one run, each with bytes and a time of its own: the later in number, the newer."""
    folder = root / "Run000042"
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for number in range(first, first + count):
        hidden, path = folder / ".new", folder / f"CDC_occupancy_{number:04d}.png"
        hidden.write_bytes(encoded(seed=number) + number.to_bytes(2, "big"))
        os.utime(hidden, (1_760_000_000 + number, 1_760_000_000 + number))
        hidden.rename(path)
        written[f"Run000042/{path.name}"] = path.read_bytes()
    return written


def all_in(hall: TakesIn, written: dict[str, bytes]) -> bool:
    return set(hall.stored) == set(written.values())


async def test_that_every_file_arrives_once_and_is_left_where_it_is(tmp_path):
    written = write(tmp_path / "in", 30)
    async with TakesIn() as hall, shipping(tmp_path / "in", hall.port) as feeder:
        await until(lambda: feeder.status.acknowledged == 30)
        await until(lambda: feeder.status.is_idle)
        assert all_in(hall, written)
        assert sorted(hall.order) == sorted(written)
        assert feeder.status.word == "connected to hall-d"
    assert len(list((tmp_path / "in").rglob("*.png"))) == 30
    assert list((tmp_path / "spool" / "contents").iterdir()) == []


async def test_that_nothing_is_sent_again_after_a_restart(tmp_path):
    write(tmp_path / "in", 10)
    async with TakesIn() as hall:
        async with shipping(tmp_path / "in", hall.port) as feeder:
            await until(lambda: feeder.status.acknowledged == 10 and feeder.status.is_idle)
        more = write(tmp_path / "in", 1, first=10)
        async with shipping(tmp_path / "in", hall.port) as feeder:
            await until(lambda: set(more.values()) <= set(hall.stored))
            await until(lambda: feeder.status.is_idle)
        assert hall.offers == 11


@pytest.mark.parametrize("after", [AfterIntake.MOVE, AfterIntake.DELETE])
async def test_that_files_leave_only_when_they_are_acknowledged(tmp_path, after):
    written = write(tmp_path / "in", 5)
    async with TakesIn() as hall:
        hall.open.clear()
        async with shipping(tmp_path / "in", hall.port, after=after) as feeder:
            await until(lambda: hall.receiver.backlog == 5)
            assert len(list((tmp_path / "in").rglob("*.png"))) == 5
            hall.open.set()
            await until(lambda: feeder.status.acknowledged == 5 and feeder.status.is_idle)
    assert list((tmp_path / "in").rglob("*.png")) == []
    moved = {path.read_bytes() for path in (tmp_path / "in-done").rglob("*.png")}
    assert moved == (set(written.values()) if after is AfterIntake.MOVE else set())


async def test_that_refused_files_are_moved_aside_and_the_rest_goes_on(tmp_path):
    written = write(tmp_path / "in", 4)
    bad = next(iter(written))
    async with TakesIn() as hall:
        hall.refuse = lambda message: Refusal.TRUNCATED if message.path == bad else None
        async with shipping(tmp_path / "in", hall.port, after=AfterIntake.DELETE) as feeder:
            await until(lambda: feeder.status.refused == 1 and feeder.status.acknowledged == 3)
            await until(lambda: feeder.status.is_idle)
    assert (tmp_path / "in-quarantine" / bad).read_bytes() == written[bad]
    assert list((tmp_path / "in").rglob("*.png")) == []


async def test_that_a_refused_plot_whose_file_is_gone_is_kept_by_the_spool(tmp_path):
    written = write(tmp_path / "in", 1)
    async with TakesIn() as hall:
        hall.open.clear()
        hall.refuse = lambda message: Refusal.NOT_AN_IMAGE
        async with shipping(tmp_path / "in", hall.port) as feeder:
            await until(lambda: hall.receiver.backlog == 1)
            (tmp_path / "in" / next(iter(written))).unlink()
            hall.open.set()
            await until(lambda: feeder.status.refused == 1 and feeder.status.is_idle)
    [kept] = (tmp_path / "spool" / "refused").iterdir()
    assert kept.read_bytes() == next(iter(written.values()))


async def test_that_a_file_that_cannot_be_sent_is_told_and_set_aside(tmp_path):
    write(tmp_path / "in", 2)
    (tmp_path / "in" / "Large.png").write_bytes(encoded() + bytes(50_000))
    async with TakesIn(max_bytes=20_000) as hall:
        async with shipping(tmp_path / "in", hall.port, after=AfterIntake.MOVE) as feeder:
            await until(lambda: feeder.status.acknowledged == 2 and feeder.status.refused == 1)
            await until(lambda: feeder.status.is_idle)
        assert hall.unsendable == ["Large.png"]
    assert (tmp_path / "in-done" / "quarantine" / "Large.png").stat().st_size > 50_000


async def test_that_an_outage_loses_nothing_and_the_newest_comes_first(tmp_path):
    port = free_port()
    async with shipping(tmp_path / "in", port) as feeder:
        written = write(tmp_path / "in", 100)
        await until(lambda: feeder.status.waiting == 100)
        assert not feeder.status.is_well
        async with TakesIn(port, bounds=Bounds(plots=4)) as hall:
            await until(lambda: feeder.status.acknowledged == 100)
            assert all_in(hall, written)
            assert hall.order[:4] == sorted(written)[:-5:-1]
            assert hall.order == sorted(written, reverse=True)


async def test_that_a_connection_cut_in_the_middle_of_an_acknowledgement_loses_and_doubles_nothing(tmp_path):
    written = write(tmp_path / "in", 60)
    async with TakesIn(bounds=Bounds(plots=8)) as hall, Proxy(hall.port) as proxy:
        proxy.cut_answers_after = 700  # greeting, welcome, some acknowledgements and half of one
        async with shipping(tmp_path / "in", proxy.port) as feeder:
            await until(lambda: proxy.connections >= 5)
            await until(lambda: feeder.status.waiting == 0 and feeder.status.is_idle)
        assert all_in(hall, written)
        assert feeder.status.stored_before > 0  # acknowledgements were lost, and asked for again


async def test_that_a_half_open_connection_is_noticed_and_replaced(tmp_path):
    async with TakesIn() as hall, Proxy(hall.port) as proxy, shipping(tmp_path / "in", proxy.port) as feeder:
        (tmp_path / "in").mkdir()
        await until(lambda: feeder.status.link == "")
        proxy.swallow = True  # nobody says that the connection is gone
        written = write(tmp_path / "in", 3)
        await until(lambda: "no answer" in feeder.status.link)
        assert hall.stored == {}
        proxy.swallow = False
        await until(lambda: feeder.status.acknowledged == 3)
        assert all_in(hall, written)


async def test_that_a_slow_link_is_used_and_not_cut(tmp_path):
    async with TakesIn() as hall, Proxy(hall.port) as proxy:
        proxy.rate = 20_000
        written = write(tmp_path / "in", 3)
        large = tmp_path / "in" / "Large.png"
        large.write_bytes(encoded() + os.urandom(60_000))  # three seconds, twice as long as silence is borne
        async with shipping(tmp_path / "in", proxy.port) as feeder:
            await until(lambda: feeder.status.acknowledged == 4)
        assert set(hall.stored) == {*written.values(), large.read_bytes()}
        assert proxy.connections == 1


async def test_that_a_receiver_that_cannot_store_holds_plots_back_and_says_why(tmp_path):
    written = write(tmp_path / "in", 30)
    async with TakesIn(bounds=Bounds(plots=5)) as hall:
        hall.open.clear()
        hall.trouble = "the database is away since 12:03"
        async with shipping(tmp_path / "in", hall.port) as feeder:
            await until(lambda: "database is away" in feeder.status.word)
            await until(lambda: feeder.status.waiting == 30)
            assert hall.receiver.backlog <= 5
            hall.trouble = ""
            hall.open.set()
            await until(lambda: feeder.status.acknowledged == 30)
        assert all_in(hall, written)
        assert hall.offers == 30  # what the receiver held was not sent again


async def test_that_a_receiver_that_restarts_gets_what_it_had_not_answered(tmp_path):
    port = free_port()
    written = write(tmp_path / "in", 20)
    async with shipping(tmp_path / "in", port) as feeder:
        async with TakesIn(port, bounds=Bounds(plots=6)) as first:
            first.open.clear()
            await until(lambda: first.receiver.backlog == 6)
        async with TakesIn(port) as second:
            await until(lambda: feeder.status.acknowledged == 20)
            assert all_in(second, written)


async def test_that_a_full_spool_takes_no_files_and_loses_none(tmp_path):
    port = free_port()
    written = write(tmp_path / "in", 20)
    bounds = SpoolBounds(data_bytes=5 * len(next(iter(written.values()))), reserve_bytes=0)
    async with shipping(tmp_path / "in", port, spool=tmp_path / "s", bounds=bounds, after=AfterIntake.DELETE) as feeder:
        await until(lambda: feeder.status.word.startswith("spool full"))
        assert len(list((tmp_path / "in").rglob("*.png"))) == 20
        async with TakesIn(port) as hall:
            await until(lambda: all_in(hall, written), "all arrive once there is room")
            await until(lambda: feeder.status.is_idle and not feeder.status.full)


async def test_that_two_feeders_share_the_window(tmp_path):
    one, two = write(tmp_path / "a" / "in", 40), write(tmp_path / "b" / "in", 40, first=40)
    async with TakesIn(bounds=Bounds(plots=8)) as hall:
        async with shipping(tmp_path / "a" / "in", hall.port), shipping(tmp_path / "b" / "in", hall.port):
            await until(lambda: all_in(hall, one | two))
        assert max(hall.stored.values()) == 1


async def test_that_a_half_written_file_is_waited_for(tmp_path):
    whole = encoded(size=(300, 200))
    path = tmp_path / "in" / "Run000042" / "CDC_occupancy.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(whole[:500])
    async with TakesIn() as hall, shipping(tmp_path / "in", hall.port, settle_s=0.05) as feeder:
        await until(lambda: feeder.status.link == "")
        await asyncio.sleep(0)
        assert hall.stored == {}
        path.write_bytes(whole)
        await until(lambda: list(hall.stored) == [whole])
