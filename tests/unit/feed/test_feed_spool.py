"""The spool on disk: what is in it after kills, damage, and when there is no room."""

import hashlib
import os
import sqlite3
from pathlib import Path

import pytest

from backend.domain.errors import FeedSetupError
from backend.domain.intake import FileStamp
from backend.feed.shipping import spool as spool_module
from backend.feed.shipping.journal import Draft, State
from backend.feed.shipping.spool import ContentLostError, Spool, SpoolBounds
from backend.feed.zeromq.protocol import PlotMessage, Refusal, Unsendable

ROOMY = SpoolBounds(reserve_bytes=0)


def draft(number, data=None, path=None):
    data = b"content %d" % number if data is None else data
    name = path or f"/plots/P_{number}.png"
    message = PlotMessage("", "", data, "P", 7, number, "", "P.png", number, 0, hashlib.sha256(data).hexdigest())
    return Draft(FileStamp(name, number * 1000, len(data)), message)


@pytest.fixture
def spool(tmp_path):
    opened = Spool(tmp_path / "spool", ROOMY)
    yield opened
    opened.close()


def contents(spool):
    return {path.name for path in spool._contents.iterdir()}


def settle_all(spool, state=State.ACKNOWLEDGED, forget=False):
    spool.answered([(entry.number, state) for entry in spool.waiting(100)])
    entries = spool.unsettled()
    spool.settle(entries, [entry.number for entry in entries] if forget else [])


def test_that_the_newest_comes_first_and_what_is_under_way_is_passed_over(spool):
    spool.take([draft(number) for number in (2, 5, 3)])
    newest = spool.waiting(2)
    assert [entry.stamp.mtime_ns for entry in newest] == [5000, 3000]
    assert [entry.stamp.mtime_ns for entry in spool.waiting(2, [newest[0].number])] == [3000, 2000]


def test_that_a_message_is_made_of_what_was_known_and_how_long_it_waited(spool):
    spool.take([draft(4)])
    [entry] = spool.waiting(1)
    message = entry.message("daq1", spool.content(entry))
    assert (message.plot_type, message.run, message.chunk, message.data) == ("P", 7, 4, b"content 4")
    assert (message.id, message.sender) == (entry.name, "daq1")
    assert 0 <= message.waited_ms < 60_000


def test_that_everything_is_there_after_a_restart_and_nothing_that_was_answered(tmp_path):
    first = Spool(tmp_path / "spool", ROOMY)
    first.take([draft(1), draft(2)])
    first.answered([(first.waiting(1)[0].number, State.ACKNOWLEDGED)])
    name = first.waiting(1)[0].name
    first.close()
    second = Spool(tmp_path / "spool", ROOMY)
    try:
        assert [entry.name for entry in second.waiting(9)] == [name]
        assert [entry.state for entry in second.unsettled()] == [State.ACKNOWLEDGED]
        assert second.totals.files == 1
    finally:
        second.close()


def test_that_a_content_is_kept_until_the_last_that_needs_it_is_settled(spool):
    spool.take([draft(1, b"same"), draft(2, b"same", "/plots/other.png")])
    assert len(contents(spool)) == 1
    spool.answered([(spool.waiting(1)[0].number, State.ACKNOWLEDGED)])
    spool.settle(spool.unsettled(), [])
    assert len(contents(spool)) == 1
    settle_all(spool)
    assert contents(spool) == set()


def test_that_a_file_is_known_until_it_is_gone(spool, tmp_path):
    path = tmp_path / "P.png"
    path.write_bytes(b"x")
    drafts = [draft(1, path=str(path)), draft(2)]
    stamps = [one.stamp for one in drafts]
    spool.take(drafts)
    assert set(spool.known(stamps).values()) == {State.WAITING}
    spool.forget_missing()
    assert len(spool.known(stamps)) == 2  # what waits is never forgotten
    settle_all(spool, State.REFUSED)
    assert set(spool.known(stamps).values()) == {State.REFUSED}
    spool.forget_missing()
    assert spool.known(stamps) == {str(path): State.REFUSED}
    spool.take([drafts[0]])
    assert spool.waiting(9) == []  # known: taken in once


def test_that_paths_of_any_bytes_are_kept(spool):
    name = os.fsdecode(b"/plots/\xff\xfe/P.png")
    spool.take([draft(1, path=name)])
    assert spool.waiting(1)[0].stamp.path == name


def test_that_what_a_kill_left_behind_is_swept(tmp_path):
    first = Spool(tmp_path / "spool", ROOMY)
    first.take([draft(1)])
    kept = contents(first)
    first.close()
    for name in ("f" * 64, "half.part"):
        (tmp_path / "spool" / "contents" / name).write_bytes(b"left")
    second = Spool(tmp_path / "spool", ROOMY)
    assert contents(second) == kept
    second.close()


def test_that_a_damaged_content_is_replaced_by_the_file_as_long_as_that_is_the_same(spool, tmp_path):
    path = tmp_path / "P.png"
    path.write_bytes(b"content 1")
    spool.take([draft(1, path=str(path))])
    [entry] = spool.waiting(1)
    (spool._contents / entry.sha256).write_bytes(b"damaged")
    assert spool.content(entry) == b"content 1"
    path.write_bytes(b"another")
    with pytest.raises(ContentLostError, match=r"P\.png"):
        spool.content(entry)


def test_that_a_file_that_cannot_be_sent_is_spooled_as_words(spool):
    told = Unsendable("", "", "P.png", Refusal.TOO_LARGE, "much too large", 10**9, 5)
    spool.take([Draft(FileStamp("/plots/P.png", 1, 10**9), told)])
    [entry] = spool.waiting(1)
    assert entry.message("daq1", b"") == Unsendable(
        entry.name, "daq1", "P.png", Refusal.TOO_LARGE, "much too large", 10**9, 5
    )
    assert contents(spool) == set()


def test_that_it_says_in_words_when_it_is_full(tmp_path, monkeypatch):
    spool = Spool(tmp_path / "spool", SpoolBounds(data_bytes=20, age_s=100, reserve_bytes=0))
    try:
        assert spool.fitting([10**6]) == (1, "")  # or it would never move again
        count, why = spool.fitting([8, 8, 8, 8])
        assert (count, why[:10]) == (2, "spool full")
        spool.take([draft(1)])
        assert spool.fitting([5]) == (1, "")
        assert spool.fitting([50])[0] == 0
        oldest = spool.totals.oldest
        monkeypatch.setattr(spool_module.time, "time", lambda: oldest + 200)
        assert "oldest plot waits" in spool.fitting([1])[1]
    finally:
        spool.close()
    greedy = Spool(tmp_path / "greedy", SpoolBounds(reserve_bytes=2**60))
    assert greedy.fitting([1])[1].startswith("disk full")
    greedy.close()


def test_that_a_write_that_fails_leaves_nothing_behind(spool, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool_module.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        spool.take([draft(1)])
    assert (contents(spool), spool.totals.files) == (set(), 0)


def test_that_only_one_process_has_it(spool, tmp_path):
    with pytest.raises(FeedSetupError, match="Another feeder"):
        Spool(tmp_path / "spool", ROOMY)


@pytest.mark.parametrize("what", ["damaged", "newer"])
def test_that_a_journal_that_cannot_be_used_is_left_alone_and_says_what_to_do(tmp_path, what):
    folder = tmp_path / "spool"
    folder.mkdir()
    journal = folder / "journal.db"
    if what == "damaged":
        journal.write_bytes(b"no database " * 100)
    else:
        with sqlite3.connect(journal) as connection:
            connection.execute("PRAGMA user_version = 9")
        connection.close()
    before = journal.read_bytes()
    with pytest.raises(FeedSetupError, match=r"journal\.db"):
        Spool(folder, ROOMY)
    assert Path(journal).read_bytes()[: len(before)][:16] == before[:16]
