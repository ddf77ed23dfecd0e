"""The input directory with real files, a real watcher and real walks."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from backend.domain.errors import PlotRejectedError
from backend.domain.health import Condition
from backend.domain.quarantine import QuarantineReason
from backend.feed import disposal, sweeping
from backend.feed.images import ImageLimits
from backend.feed.reading import NotCompleteError, read_plot
from backend.feed.scanning import TAKEN_SUFFIX
from tests.fakes.machine import slowness
from tests.fakes.watched_folder import PNG, WatchedFolder, as_path, feed_threads, until

NEVER_S = 3600.0
WATCHING = {"poll_s": NEVER_S, "settle_s": NEVER_S}
POLLING = {"watch": False, "poll_s": 0.05, "settle_s": 0.2}


async def watching(folder):
    """The first walk is over and the watcher runs: whatever is noticed now, the watcher noticed."""
    assert await folder.nothing_more(0.2)
    await until(lambda: folder.directory.health.word == "watching")


async def test_that_a_renamed_file_is_offered_without_waiting_for_it_to_settle(tmp_path):
    async with WatchedFolder(tmp_path, **WATCHING) as folder:
        await watching(folder)
        folder.rename_in("Run000001/CDC_occupancy_0001.png")
        assert await folder.batch() == ["Run000001/CDC_occupancy_0001.png"]


async def test_that_a_burst_is_offered_at_once_in_order(tmp_path):
    async with WatchedFolder(tmp_path, **WATCHING) as folder:
        await watching(folder)
        wanted = [f"P{number:02d}_0001.png" for number in range(73)]
        folder.rename_in(*wanted)
        names = await folder.names(73)
        assert sorted(names) == wanted
        assert all(len(batch) <= 64 for batch in folder.batches)
        for batch in folder.batches:
            assert batch == sorted(batch, key=lambda stamp: (stamp.mtime_ns, stamp.path))
        assert await folder.nothing_more()


@pytest.mark.parametrize("settings", [WATCHING, {"watch": False, "poll_s": 0.01, "settle_s": NEVER_S}])
async def test_that_a_half_written_file_is_waited_for_and_offered_when_its_end_is_there(tmp_path, settings):
    async with WatchedFolder(tmp_path, **settings) as folder:
        assert await folder.nothing_more(0.2)
        with (folder.root / "P.png").open("wb") as file:
            for byte in PNG[:-1]:
                file.write(bytes([byte]))
                file.flush()
                if byte % 8 == 0:
                    assert await folder.nothing_more(0.02)
            assert await folder.nothing_more()
            file.write(PNG[-1:])
        assert await folder.batch() == ["P.png"]
        assert folder.batches[-1][0].size == len(PNG)
        assert await folder.nothing_more()


async def test_that_a_file_that_stays_unfinished_is_offered_when_it_has_settled(tmp_path):
    async with WatchedFolder(tmp_path, poll_s=NEVER_S, settle_s=0.3) as folder:
        assert await folder.nothing_more(0.2)
        began = time.time()
        (folder.root / "P.png").write_bytes(PNG[:50])
        assert await folder.batch() == ["P.png"]
        assert time.time() - began >= 0.25


async def test_that_polling_alone_finds_everything(tmp_path):
    async with WatchedFolder(tmp_path, **POLLING) as folder:
        folder.put("old.png")
        assert await folder.batch() == ["old.png"]
        assert folder.directory.health.word == "polling"
        folder.rename_in("Run000002/new.png")
        assert await folder.batch() == ["Run000002/new.png"]
        assert await folder.nothing_more()


async def test_that_a_folder_moved_in_is_walked_through(tmp_path):
    async with WatchedFolder(tmp_path, **WATCHING) as folder:
        await watching(folder)
        moved = tmp_path / "made elsewhere"
        folder.rename_in(*(f"deep/P{number}.png" for number in range(100)), root=moved)
        moved.rename(folder.root / "Run000007")
        names = await folder.names(100)
        assert sorted(names) == sorted(f"Run000007/deep/P{number}.png" for number in range(100))
        assert await folder.nothing_more()


async def test_that_a_file_rewritten_under_its_name_is_another_arrival(tmp_path):
    async with WatchedFolder(tmp_path, **WATCHING) as folder:
        await watching(folder)
        for _ in range(5):
            folder.rename_in("P.png")
            assert await folder.batch() == ["P.png"]
        assert len({batch[0].mtime_ns for batch in folder.batches}) == 5


async def test_that_what_is_known_is_asked_for_once_and_not_offered(tmp_path):
    async with WatchedFolder(tmp_path, **POLLING) as folder:
        folder.known = {str(folder.put("a.png"))}
        folder.put("b.png")
        assert await folder.batch() == ["b.png"]
        assert await folder.nothing_more(0.5)
        assert sorted(stamp.path for chunk in folder.asked for stamp in chunk) == [
            str(folder.root / "a.png"), str(folder.root / "b.png"),
        ]  # fmt: skip


async def test_that_a_file_is_offered_again_on_request(tmp_path):
    async with WatchedFolder(tmp_path, **POLLING) as folder:
        folder.put("a.png")
        assert await folder.batch() == ["a.png"]
        for _ in range(3):
            folder.directory.retry(folder.batches[-1][0], after_s=0.01)
            assert await folder.batch() == ["a.png"]
        (folder.root / "a.png").unlink()
        folder.directory.retry(folder.batches[-1][0], after_s=0.01)
        assert await folder.nothing_more()
        assert folder.directory.backlog == 0


async def test_that_strange_names_are_offered_and_stop_nothing(tmp_path):
    async with WatchedFolder(tmp_path, poll_s=NEVER_S, settle_s=0.0) as folder:
        await watching(folder)
        strange = [b"new\nline.png", b"\xff\xfe_1.png", "😀 x.png".encode(), b"-rf_2.png", b"\xe9t\xe9.png"]
        folder.rename_in(*map(as_path, strange))
        names = await folder.names(len(strange))
        assert {os.fsencode(name) for name in names} == set(strange)
        await until(lambda: folder.directory.health.word == "watching")
        folder.rename_in("plain.png")
        assert await folder.batch() == ["plain.png"]


async def test_that_the_folder_files_are_moved_to_is_not_read(tmp_path):
    async with WatchedFolder(tmp_path, exclude=(tmp_path / "in/done",), **WATCHING) as folder:
        folder.put("done/old.png")
        await watching(folder)
        folder.rename_in("done/a.png", "b.png")
        assert await folder.batch() == ["b.png"]
        assert await folder.nothing_more()


async def test_that_a_consumer_that_is_cancelled_over_and_over_misses_nothing(tmp_path):
    async with WatchedFolder(tmp_path, **POLLING) as folder:
        folder.fill(500)
        names, end = [], time.monotonic() + 60
        while len(names) < 500:
            assert time.monotonic() < end
            try:
                names += await folder.batch(0.001)
            except TimeoutError:
                await asyncio.sleep(0)
        assert len(set(names)) == len(names) == 500


async def test_that_a_store_that_does_not_answer_loses_nothing(tmp_path):
    async with WatchedFolder(tmp_path, **POLLING) as folder:
        folder.put("a.png")
        answer, failures = folder.directory._known, 3

        async def unsteady(stamps):
            nonlocal failures
            failures -= 1
            if failures >= 0:
                raise ConnectionError
            return await answer(stamps)

        folder.directory._known = unsteady
        for _ in range(3):
            with pytest.raises(ConnectionError):
                await folder.batch()
        assert await folder.batch() == ["a.png"]


async def test_that_a_file_left_behind_by_a_kill_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(disposal, "LEFT_BEHIND_S", 0.0)
    async with WatchedFolder(tmp_path, **POLLING) as folder:
        folder.put(f".P_0001.png{TAKEN_SUFFIX}")
        assert await folder.batch() == ["P_0001.png"]


async def test_that_closing_ends_a_waiting_consumer_and_every_thread(tmp_path):
    folder = WatchedFolder(tmp_path, **WATCHING)
    consumer = asyncio.create_task(folder.batch(30))
    await until(lambda: folder.directory.health.word == "watching")
    assert feed_threads()
    await folder.directory.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(folder.directory)
    await asyncio.wait([consumer], timeout=5)
    assert isinstance(consumer.exception(), StopAsyncIteration | RuntimeError)
    assert not feed_threads()
    assert len(asyncio.all_tasks()) == 1
    await folder.directory.aclose()


@pytest.mark.timed
async def test_that_closing_in_the_middle_of_a_walk_is_quick(tmp_path):
    folder = WatchedFolder(tmp_path, **WATCHING)
    folder.fill(5000)
    consumer = asyncio.create_task(folder.batch(30))
    await until(feed_threads)
    began = time.perf_counter()
    await folder.directory.aclose()
    await asyncio.wait([consumer], timeout=60)
    assert time.perf_counter() - began < 4.0 * slowness()
    assert not feed_threads()
    assert consumer.done()


async def test_that_a_directory_that_was_never_read_closes(tmp_path):
    folder = WatchedFolder(tmp_path)
    await folder.directory.aclose()
    assert not feed_threads()


async def test_that_a_walk_with_a_fault_reaches_the_consumer(tmp_path, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    async with WatchedFolder(tmp_path, **POLLING) as folder:
        monkeypatch.setattr(sweeping, "network_filesystem", broken)
        with pytest.raises(ZeroDivisionError):
            await folder.batch()
        monkeypatch.undo()
        folder.put("a.png")
        assert await folder.batch() == ["a.png"]


async def test_that_reader_and_directory_together_tell_slow_from_broken(tmp_path):
    """A sender that stalls for longer than the settling time, and one that died."""
    limits, read, refused = ImageLimits(), [], []
    async with WatchedFolder(tmp_path, poll_s=NEVER_S, settle_s=0.1) as folder:
        await watching(folder)
        (folder.root / "slow.png").write_bytes(PNG[:60])
        (folder.root / "dead.png").write_bytes(PNG[:60])
        offers, end = 0, time.monotonic() + 60
        while not (read and refused):
            assert time.monotonic() < end
            await folder.batch()
            for stamp in folder.batches[-1]:
                offers += 1
                try:
                    read.append(read_plot(stamp, folder.root, limits, patience_s=2.5).plot.identity.plot_type)
                except NotCompleteError:
                    folder.directory.retry(stamp)
                except PlotRejectedError as error:
                    refused.append((Path(stamp.path).name, error.reason))
            if offers == 4:
                with (folder.root / "slow.png").open("ab") as file:
                    file.write(PNG[60:])
        assert read == ["slow"]
        assert refused == [("dead.png", QuarantineReason.TRUNCATED)]
        assert folder.directory.health.condition is Condition.OK
