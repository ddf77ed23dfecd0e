"""A real Dask cluster on this machine, in processes of its own, whose workers a test may kill.

`python -m tests.fakes.cluster N` runs it: it writes the scheduler's address, then ends when its standard input does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
DEADLY = b"a worker dies of this"
"""Behind the end of an image: the worker that reads it is killed, as by a fault in a library."""

_DELAY = "TEST_SECONDS_PER_IMAGE"
_START_S = 120.0


class LocalDask:
    """A running cluster: its scheduler, and its workers as processes."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self._process = process
        self.address = address.replace("tcp://", "dask://")

    def kill_worker(self, grown_s: float = 0.0) -> None:
        """Kill the oldest worker, as the system does when memory runs out; its nanny starts another.

        None is killed while another is younger than `grown_s` seconds, so that some are always at work.
        """
        children = psutil.Process(self._process.pid).children(recursive=True)
        born = {child.create_time(): child for child in children if _is_worker(child)}
        if born and time.time() - max(born) >= grown_s:
            born[min(born)].kill()

    def vanish(self) -> None:
        """Kill everything at once, scheduler first."""
        family = [psutil.Process(self._process.pid), *psutil.Process(self._process.pid).children(recursive=True)]
        for member in family:
            member.kill()
        psutil.wait_procs(family, 10)


def _is_worker(process: psutil.Process) -> bool:
    """Workers are spawned by multiprocessing; its own helpers are not."""
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


@contextmanager
def local_dask(workers: int = 2, seconds_per_image: float = 0.0) -> Iterator[LocalDask]:
    """A cluster of `workers` processes with one thread each; a task may lose two workers before Dask gives up."""
    environment = os.environ | {
        _DELAY: str(seconds_per_image),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        "DASK_DISTRIBUTED__WORKER__PRELOAD": "['tests.fakes.cluster']",
    }
    command = [sys.executable, "-m", "tests.fakes.cluster", str(workers)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield LocalDask(process, process.stdout.readline().strip())
    finally:
        process.stdin.close()
        process.wait(_START_S)
        process.stdout.close()


def dask_setup(_worker: object) -> None:
    """Called by Dask on every worker: images may be slow, and deadly."""
    from backend.services import workforce

    open_picture, delay = workforce.open_picture, float(os.environ[_DELAY])

    def slow_and_deadly(data: bytes, *more: object) -> object:
        if data.endswith(DEADLY):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(delay)
        return open_picture(data, *more)  # type: ignore[arg-type]

    workforce.open_picture = slow_and_deadly  # type: ignore[assignment]


def main(workers: int) -> None:
    """Run until standard input ends."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, memory_limit=0) as cluster:
        sys.stdout.write(f"{cluster.scheduler_address}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
