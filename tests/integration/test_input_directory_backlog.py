"""Ten thousand files: every one once, in order, without flooding, and what is new does not wait for them."""

import asyncio

import pytest

from backend.feed import directory as directory_module
from backend.feed import sweeping
from backend.feed.waiting_room import KNOWN_CHUNK
from tests.fakes.watched_folder import WatchedFolder, until

NEVER_S = 3600.0


def small_window(monkeypatch, size):
    monkeypatch.setattr(sweeping, "WINDOW", size)
    monkeypatch.setattr(directory_module, "WINDOW", size)


async def test_that_ten_thousand_files_are_offered_once_each_oldest_first(tmp_path):
    async with WatchedFolder(tmp_path, poll_s=0.1) as folder:
        folder.fill(10_000)
        names = await folder.names(10_000, deadline_s=60)
        assert len(names) == 10_000
        assert [name[-9:-4] for name in names] == [f"{number:05d}" for number in range(10_000)]
        assert max(map(len, folder.batches)) == directory_module.BATCH
        assert await folder.nothing_more(0.5)
        assert sum(map(len, folder.asked)) == 10_000
        assert max(map(len, folder.asked)) <= KNOWN_CHUNK
        assert folder.directory.backlog == 0


async def test_that_nothing_is_read_ahead_of_a_slow_consumer(tmp_path):
    async with WatchedFolder(tmp_path, poll_s=0.05) as folder:
        folder.fill(1_000)
        await folder.batch()
        asked = sum(map(len, folder.asked))
        assert asked <= KNOWN_CHUNK
        await asyncio.sleep(0.3)
        assert sum(map(len, folder.asked)) == asked
        assert folder.directory.backlog == 1_000 - directory_module.BATCH


@pytest.mark.parametrize("watch", [True, False])
async def test_that_a_new_file_overtakes_the_backlog_and_the_backlog_goes_on(tmp_path, watch):
    async with WatchedFolder(tmp_path, watch=watch, poll_s=0.05) as folder:
        folder.fill(2_000)
        (folder.root / "Run000099").mkdir()  # watched from the start: what a new folder misses is another test's
        first = await folder.batch()
        assert first[0] == "Run000000/P_00000.png"
        folder.rename_in(*(f"Run000099/N_{number:04d}.png" for number in range(200)))
        await until(lambda: folder.directory.backlog >= 2_000 - len(first) + 200, deadline_s=10)
        names = []
        while sum(name.startswith("Run000099") for name in names) < 200:
            names += await folder.batch()
        assert len(names) < 1_000, "the new files waited for more than a part of the backlog"
        assert all(any(not name.startswith("Run000099") for name in _relative(batch)) for batch in folder.batches)
        rest = await folder.names(2_200 - len(names) - len(first), deadline_s=30)
        assert len(set(rest) | set(names) | set(first)) == 2_200
        assert await folder.nothing_more()


def _counted(call, calls):
    def counted():
        calls.append(1)
        call()

    return counted


def _counted_async(sweeper, calls):
    sweep = sweeper._sweep_root

    async def counted():
        calls.append(1)
        await sweep()

    return counted


def _relative(batch):
    return ["/".join(stamp.path.split("/")[-2:]) for stamp in batch]


async def test_that_a_backlog_beyond_the_window_is_listed_piece_by_piece(tmp_path, monkeypatch):
    small_window(monkeypatch, 200)
    async with WatchedFolder(tmp_path, poll_s=NEVER_S) as folder:
        folder.fill(900)
        names, most = [], 0
        while len(names) < 900:
            names += await folder.batch()
            most = max(most, folder.directory.backlog)
        assert [name[-9:-4] for name in names] == [f"{number:05d}" for number in range(900)]
        assert most <= 300
        assert await folder.nothing_more()


async def test_that_more_changes_than_are_remembered_are_found_by_a_walk(tmp_path, monkeypatch):
    small_window(monkeypatch, 50)
    async with WatchedFolder(tmp_path, poll_s=NEVER_S) as folder:
        assert await folder.nothing_more(0.2)
        await until(lambda: folder.directory.health.word == "watching")
        walks = []
        monkeypatch.setattr(folder.directory._sweeper, "hurry", _counted(folder.directory._sweeper.hurry, walks))
        folder.rename_in(*(f"P{number}.png" for number in range(400)))
        await until(lambda: walks)
        names = await folder.names(400, deadline_s=20)
        assert len(set(names)) == len(names) == 400
        assert await folder.nothing_more()


async def test_that_memory_stays_bounded_while_nobody_takes_files(tmp_path, monkeypatch):
    small_window(monkeypatch, 100)
    async with WatchedFolder(tmp_path, poll_s=0.01) as folder:
        folder.fill(150)
        names = await folder.batch()
        folder.fill(1_000, first=150)
        walks = []
        monkeypatch.setattr(folder.directory._sweeper, "_sweep_root", _counted_async(folder.directory._sweeper, walks))
        await until(lambda: len(walks) > 20)
        assert folder.directory.backlog <= 4 * 100
        names += await folder.names(1_000 - len(names), deadline_s=20)
        assert len(set(names)) == len(names) == 1_000


async def test_that_files_arriving_during_the_first_walk_are_offered_once(tmp_path):
    async with WatchedFolder(tmp_path, poll_s=0.05) as folder:
        folder.fill(2_000)

        def send():
            for number in range(300):
                folder.rename_in(f"Run{number % 10:06d}/N_{number:04d}.png")

        sender = asyncio.create_task(asyncio.to_thread(send))
        names = await folder.names(2_300, deadline_s=30)
        await sender
        assert len(set(names)) == len(names) == 2_300
        assert await folder.nothing_more()


async def test_that_a_restart_skips_thousands_of_known_files(tmp_path):
    async with WatchedFolder(tmp_path, poll_s=NEVER_S) as folder:
        folder.fill(3_000)
        folder.known = {str(path) for path in folder.root.rglob("*.png")}
        folder.rename_in("Run000099/new_0001.png")
        assert await folder.batch() == ["Run000099/new_0001.png"]
        assert sum(map(len, folder.asked)) == 3_001
