"""Worker threads: a pool for decoding and inference, one thread that loads models, one that writes, a few that read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from backend.domain.priorities import give_way

P = ParamSpec("P")
R = TypeVar("R")

_READERS = 2


class Executors:
    """The engine's threads. `cpu` may be any executor; `load` makes models ready while the old ones judge on.

    `apart` waits for the worker process of the reference engine, so that no other thread does, `maps` for the exact
    maps somebody asked for, and `insight` compares plots for people who label, which may take seconds. The others are
    for the store, which is blocking: `read` for the window, `label` for labels, which a person waits for, `beat` keeps
    leases alive, `pulse` asks what is new and whether the database answers, `write` is for everything else. None
    waits for another.
    """

    def __init__(self, cpu_threads: int) -> None:
        self.cpu_threads = cpu_threads
        self.cpu: Executor = ThreadPoolExecutor(cpu_threads, "hydra-cpu", initializer=give_way)
        self.load: Executor = ThreadPoolExecutor(1, "hydra-load", initializer=give_way)
        self.apart: Executor = ThreadPoolExecutor(1, "hydra-apart")
        self.insight: Executor = ThreadPoolExecutor(1, "hydra-insight", initializer=give_way)
        self.maps: Executor = ThreadPoolExecutor(1, "hydra-maps")
        self.write: Executor = ThreadPoolExecutor(1, "hydra-write")
        self.read: Executor = ThreadPoolExecutor(_READERS, "hydra-read")
        self.label: Executor = ThreadPoolExecutor(1, "hydra-label")
        self.beat: Executor = ThreadPoolExecutor(1, "hydra-beat")
        self.pulse: Executor = ThreadPoolExecutor(1, "hydra-pulse")

    def shutdown(self) -> None:
        """Wait for what is running, drop what is queued."""
        judging, asking = (
            (self.cpu, self.load, self.apart, self.maps, self.insight),
            (self.write, self.read, self.label),
        )
        for executor in (*judging, *asking, self.beat, self.pulse):
            executor.shutdown(wait=True, cancel_futures=True)


def run_in(executor: Executor, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Awaitable[R]:
    """Await a blocking call on `executor`."""
    return asyncio.get_running_loop().run_in_executor(executor, lambda: function(*args, **kwargs))
