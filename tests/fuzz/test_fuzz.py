"""No input crashes a parser, keeps it busy for a second, or lets memory grow. `make soak` tries a million inputs."""

from __future__ import annotations

import time
import warnings
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.fuzz.mutation import Mutator
from tests.fuzz.targets import Target, feed_targets, file_targets

ORDINARY, SOAK = 4_000, 1_000_000
SLOWEST_S = 1.0
GROWTH = 64 * 2**20
_SETTLED = 0.3
"""Caches and heaps are as large as they become after so much of the inputs."""


def targets(place: Path) -> list[Target]:
    return [*feed_targets(place), *file_targets(place)]


def fuzz(target: Target, count: int, number: int) -> float:
    """Give `count` inputs to a parser; returns the processor time of the slowest (s)."""
    mutator, slowest, settled = Mutator(target.seeds, number), 0.0, 0
    process = psutil.Process()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in target.seeds:  # what is imported or read at the first call is not the input's doing
            with suppress(*target.allowed):
                target.call(seed)
        for place in range(count):
            if place == int(count * _SETTLED):
                settled = process.memory_info().rss
            data = mutator.draw()
            began = time.thread_time()
            try:
                target.call(data)
            except target.allowed:
                pass
            except BaseException as error:
                error.add_note(f"{target.name}, number {number}, input {place}: {data[:2000]!r}")
                raise
            slowest = max(slowest, time.thread_time() - began)
            assert slowest < SLOWEST_S, f"{target.name} took {slowest:.2f} s for {data[:2000]!r}"
    grown = process.memory_info().rss - settled
    assert grown < GROWTH, f"{target.name} holds {grown / 2**20:.0f} MiB more after {count} inputs"
    return slowest


def counts(place: Path, total: int) -> list[tuple[Target, int]]:
    found = targets(place)
    shares = sum(target.share for target in found)
    return [(target, -(-total * target.share // shares)) for target in found]


def test_that_what_is_right_is_taken(tmp_path: Path) -> None:
    """Seeds that were refused would test nothing but the first check."""
    for target in targets(tmp_path):
        for seed in target.seeds:
            target.call(seed)


def test_that_the_same_number_gives_the_same_inputs() -> None:
    first, again = (Mutator([b"abc", b"[1, 2]"], 7) for _ in range(2))
    drawn = [first.draw() for _ in range(500)]
    assert drawn == [again.draw() for _ in range(500)]
    assert len(set(drawn)) > 300


def test_that_a_defect_is_found() -> None:
    def crashes(data: bytes) -> None:
        if b"9223372036854775808" in data:
            raise OverflowError

    with pytest.raises(OverflowError) as found:
        fuzz(Target("a defect", [b"[1, 2]"], crashes, (ValueError,)), 20_000, 1)
    assert "number 1, input" in found.value.__notes__[0]


def test_that_no_input_of_some_thousand_does_harm(tmp_path: Path) -> None:
    for target, count in counts(tmp_path, ORDINARY):
        fuzz(target, count, number=1)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_that_no_input_of_a_million_does_harm(tmp_path: Path) -> None:
    planned = counts(tmp_path, SOAK)
    assert sum(count for _, count in planned) >= SOAK
    for target, count in planned:
        slowest = fuzz(target, count, number=int(time.time()))
        print(f"{target.name}: {count} inputs, the slowest {slowest * 1e3:.1f} ms")  # noqa: T201
