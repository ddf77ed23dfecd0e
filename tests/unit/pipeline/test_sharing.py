"""How much work a station takes: as much as it judges in a moment."""

import asyncio
from dataclasses import replace

import pytest

from backend.domain.intake import Line
from backend.pipeline.sharing import AT_MOST, Share
from backend.pipeline.timings import Timings
from tests.samples import new_plot

PLOTS = [new_plot(number) for number in range(40)]


def share(each_ms: float, *, others: bool, waiting: int = 0, judges: bool = True, threads: int = 1) -> Share:
    queue, timings = asyncio.Queue(64), Timings()
    for _ in range(waiting):
        queue.put_nowait(None)
    if each_ms:
        timings.add({"infer": each_ms})
    return Share(queue, timings, threads, lambda: others, lambda: frozenset({"CDC_occupancy"}), judges)


@pytest.mark.parametrize(
    ("each_ms", "threads", "portion"), [(0, 1, AT_MOST), (5, 1, AT_MOST), (500, 1, 4), (500, 2, 8), (9000, 1, 1)]
)
def test_that_a_slow_station_takes_little_at_once_and_a_fast_one_much(each_ms: float, threads: int, portion: int):
    assert share(each_ms, others=True, threads=threads).portion == portion


def test_that_a_station_that_judges_alone_takes_what_its_queue_holds():
    assert share(5, others=False).line(PLOTS).keep is None
    assert share(5, others=False, waiting=50).line(PLOTS).keep == 14


def test_that_what_would_wait_here_is_left_to_others_where_there_are_any():
    assert share(5, others=True).line(PLOTS).keep == AT_MOST
    assert share(5, others=True, waiting=AT_MOST).line(PLOTS).keep == 0
    assert share(5, others=True, waiting=AT_MOST).wants_more is False


def test_that_a_station_that_does_not_judge_keeps_nothing_and_still_says_what_is_urgent():
    assert share(5, others=False, judges=False).line(PLOTS) == Line(0, frozenset({"CDC_occupancy"}))


def test_that_a_line_of_everything_is_the_usual_one():
    assert replace(share(5, others=False).line(PLOTS[:3]), urgent=frozenset()) == Line()
