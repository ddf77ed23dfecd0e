"""What a feed remembers: no stamp twice, none forgotten."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.health import Condition
from backend.domain.intake import FileStamp
from backend.feed.directory_health import SILENT_S, Sight
from backend.feed.scanning import key_of
from backend.feed.waiting_room import KNOWN_CHUNK, Lane, Seen, WaitingRoom


def stamps(count, size=1):
    return [FileStamp(f"/in/P_{number:05d}.png", number, size) for number in range(count)]


def keys(found):
    return {key_of(stamp.path, stamp.mtime_ns, stamp.size) for stamp in found}


async def nothing_known(_):
    return set()


def test_that_a_stamp_is_new_once():
    seen, (stamp,) = Seen(), stamps(1)
    assert seen.add(stamp)
    assert not seen.add(stamp)
    seen.drop(stamp)
    assert seen.add(stamp)


def test_that_what_left_the_directory_is_forgotten():
    seen, found = Seen(), stamps(10)
    for stamp in found:
        seen.add(stamp)
    seen.begin()
    seen.keep(keys(found[:3]))
    assert len(seen) == 3


def test_that_a_walk_neither_forgets_what_came_nor_remembers_what_was_dropped_meanwhile():
    seen, (there, came, dropped) = Seen(), stamps(3)
    seen.add(there)
    seen.add(dropped)
    seen.begin()
    seen.add(came)
    seen.drop(dropped)
    seen.keep(keys([there, dropped]))
    assert not seen.add(there)
    assert not seen.add(came)
    assert seen.add(dropped)


@given(st.lists(st.tuples(st.sampled_from(["add", "drop", "begin", "keep"]), st.integers(0, 4))))
def test_that_memory_follows_the_directory_under_any_order_of_events(steps):
    seen, found, inside = Seen(), stamps(5), set()
    for step, number in steps:
        if step == "add":
            assert seen.add(found[number]) is (number not in inside)
            inside.add(number)
        elif step == "drop":
            seen.drop(found[number])
            inside.discard(number)
        elif step == "begin":
            seen.begin()
        else:
            seen.begin()
            seen.keep(keys([found[index] for index in inside]))
    assert {number for number in range(5) if key_of(found[number].path, number, 1) in seen} == inside


async def test_that_a_lane_asks_in_chunks_and_drops_what_is_known():
    lane, asked = Lane(), []

    async def known(chunk):
        asked.append(len(chunk))
        return {stamp.path for stamp in chunk[1:]}

    lane.add(stamps(KNOWN_CHUNK + 10))
    for _ in range(3):
        await lane.sift(known)
    assert asked == [KNOWN_CHUNK, 10]
    assert [stamp.mtime_ns for stamp in lane.take(100)] == [0, KNOWN_CHUNK]
    assert len(lane) == 0


@pytest.mark.parametrize("how", ["fails", "cancelled"])
async def test_that_a_question_without_answer_loses_nothing(how):
    lane = Lane()
    lane.add(stamps(5))

    async def known(_):
        if how == "fails":
            raise ConnectionError
        await asyncio.sleep(3600)
        return set()

    with pytest.raises((ConnectionError, TimeoutError)):
        await asyncio.wait_for(lane.sift(known), 0.01)
    lane.add(stamps(7)[5:])
    await lane.sift(nothing_known)
    assert [stamp.mtime_ns for stamp in lane.take(100)] == list(range(7))


def test_that_a_file_settles_by_our_own_clock():
    room, (stamp,) = WaitingRoom(settle_s=1.0), stamps(1)
    assert not room.has_settled(stamp, now=100.0)
    assert room.next_due() == 101.0
    assert not room.has_settled(stamp, now=100.9)
    assert room.due(100.9) == []
    assert room.due(101.0) == [stamp.path]
    assert room.has_settled(stamp, now=101.0)


def test_that_a_change_begins_the_wait_anew():
    room, (stamp,), (grown,) = WaitingRoom(settle_s=1.0), stamps(1), stamps(1, size=2)
    room.has_settled(stamp, now=100.0)
    assert not room.has_settled(grown, now=101.0)
    assert not room.has_settled(grown, now=101.9)
    assert room.has_settled(grown, now=102.0)


def test_that_without_settling_time_everything_has_settled():
    assert WaitingRoom(settle_s=0.0).has_settled(*stamps(1), now=5.0)


def sight(**state):
    return Sight("/data/in", 5.0, **state)


@pytest.mark.parametrize(
    ("state", "condition", "word"),
    [
        ({}, Condition.STARTING, "starting"),
        ({"swept": True, "watching": True}, Condition.OK, "watching"),
        ({"swept": True}, Condition.OK, "polling"),
        ({"swept": True, "watching": True, "remote": "nfs4"}, Condition.OK, "polling"),
        ({"swept": True, "watch_error": "no watches left"}, Condition.DEGRADED, "polling"),
        ({"swept": True, "unreadable": "/data/in/Run1"}, Condition.DEGRADED, "folder unreadable"),
        ({"error": FileNotFoundError(2, "gone")}, Condition.DEGRADED, "directory missing"),
        ({"error": NotADirectoryError(20, "file")}, Condition.FAILED, "not a folder"),
        ({"error": PermissionError(13, "Permission denied")}, Condition.FAILED, "directory unreadable"),
        ({"swept": True, "busy_since": -2 * SILENT_S}, Condition.FAILED, "directory silent"),
    ],
)
def test_that_health_says_how_well_the_feed_sees_and_what_to_do(state, condition, word, monkeypatch):
    monkeypatch.setattr("backend.feed.directory_health.time.monotonic", lambda: 0.0)
    health = sight(**state).health
    assert (health.condition, health.word) == (condition, word)
    assert ("/data/in" in health.advice) is (condition in (Condition.DEGRADED, Condition.FAILED))
