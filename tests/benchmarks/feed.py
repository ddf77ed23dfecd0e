"""Plots acknowledged: a feeder's directory to rows in MariaDB, through real processes, against a bare loop of commits.

Feeder and engine run as the programs they are, over a real socket, and the server waits for the disk at every commit.
Before a plot is acknowledged the feeder has it on disk, and the engine has looked at every byte and decoded the image.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

import pymysql

from backend.simulation.catalogue import CATALOGUE
from backend.simulation.writing import write_cycle
from backend.store import Store
from tests.benchmarks.result import Goal, Result
from tests.fakes.image_files import png_chunk
from tests.mariadb import PASSWORD, USER, MariaDb

PLOTS = 1_024
BATCH = 64
ROUNDS = 2
GOAL = 0.5
_DEADLINE_S = 120.0
_PNG_END = 12


def run() -> Result:
    """`ours` and `baseline` are plots per second, the better of three rounds each, taken in turn."""
    server = MariaDb(durable=True)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as place:
            images = make_images(Path(place))
            rounds = [_round(server, images, Path(place) / str(number)) for number in range(ROUNDS)]
    finally:
        server.stop()
    ours, baseline = max(one for one, _ in rounds), max(other for _, other in rounds)
    details = {
        "plots": PLOTS,
        "mean_bytes": sum(map(len, images)) // PLOTS,
        "batch": BATCH,
        "rounds": [[round(one), round(other)] for one, other in rounds],
    }
    return Result(
        benchmark="feed",
        ours=ours,
        baseline=baseline,
        baseline_is=f"a bare PyMySQL loop that commits the same rows and blobs, {BATCH} at a time",
        unit="plots/s",
        goal=Goal(ratio=GOAL),
        less_is_better=False,
        details=details,
    )


def make_images(place: Path) -> list[bytes]:
    """Plots of the simulated hall; every one is a whole PNG with bytes of its own."""
    drawn = [path.read_bytes() for path in write_cycle(place / "drawn", 1, [kind.name for kind in CATALOGUE], 1, 1)]
    return [_numbered(drawn[number % len(drawn)], number) for number in range(PLOTS)]


def _numbered(image: bytes, number: int) -> bytes:
    return image[:-_PNG_END] + png_chunk(b"tEXt", b"number\0%d" % number) + image[-_PNG_END:]


def _round(server: MariaDb, images: Sequence[bytes], place: Path) -> tuple[float, float]:
    os.environ["HYDRA_STORE_PASSWORD"] = PASSWORD
    place.mkdir()
    rates = []
    for rate in (_ours, _bare):
        name = server.database()
        try:
            Store.upgrade(server.url(name))
            rates.append(rate(server, name, images, place))
        finally:
            server.drop(name)
    return rates[0], rates[1]


def _ours(server: MariaDb, name: str, images: Sequence[bytes], place: Path) -> float:
    """From the moment all files are there to the commit of the last; the feeder says that all were acknowledged."""
    folder, hidden = place / "in", place / "in" / ".hidden"
    _write_files(hidden, images)
    with _engine(server.url(name), place) as port, _feeder(folder, port, place) as feeder:
        start = time.perf_counter()
        hidden.rename(folder / "RunPeriod-2026-11")
        _wait_for(server, name, len(images))
        took = time.perf_counter() - start
        _until(feeder, lambda status: status["acknowledged"] == len(images) and status["waiting"] == 0)
    return len(images) / took


def _write_files(folder: Path, images: Sequence[bytes]) -> None:
    run = folder / "Run121266"
    run.mkdir(parents=True)
    for number, image in enumerate(images):
        (run / f"{CATALOGUE[number % len(CATALOGUE)].name}_{number // len(CATALOGUE):04d}.png").write_bytes(image)


@contextmanager
def _engine(url: str, place: Path) -> Iterator[int]:
    port = _free_port()
    listen = {"HYDRA_FEED__ZEROMQ__LISTEN": f"tcp://127.0.0.1:{port}", "HYDRA_INFERENCE__CACHE_DIR": str(place / "c")}
    command = [sys.executable, "-m", "hydra_gui", "--store", url, "--data-dir", str(place / "data"), "serve"]
    process = subprocess.Popen(command, env=os.environ | listen, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "database ok" in line:
                break
        else:
            raise AssertionError("the engine ended before it served")
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=_DEADLINE_S)


@contextmanager
def _feeder(folder: Path, port: int, place: Path) -> Iterator[subprocess.Popen[str]]:
    """A feeder that is connected and has nothing to do yet."""
    command = [sys.executable, "-m", "hydra_gui", "--json", "feed", str(folder), "--to", f"tcp://127.0.0.1:{port}"]
    process = subprocess.Popen([*command, "--spool", str(place / "spool")], stdout=subprocess.PIPE, text=True)
    try:
        _until(process, lambda status: status["link"] == "")
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=_DEADLINE_S)


def _until(feeder: subprocess.Popen[str], holds: Callable[[dict[str, Any]], bool]) -> None:
    """Read what the feeder says of itself until something holds; it ends by itself where it never does."""
    assert feeder.stdout is not None
    for line in feeder.stdout:
        if holds(json.loads(line)):
            return
    raise AssertionError("the feeder ended before that")


def _wait_for(server: MariaDb, name: str, count: int) -> None:
    end = time.monotonic() + _DEADLINE_S
    while server.execute(f"SELECT COUNT(*) FROM {name}.plots")[0][0] < count:
        assert time.monotonic() < end, "the plots did not arrive"
        time.sleep(0.02)


def _bare(server: MariaDb, name: str, images: Sequence[bytes], place: Path) -> float:
    """The same rows and blobs, committed without looking at them."""
    login = {"host": "127.0.0.1", "port": server.port, "user": USER, "password": PASSWORD, "database": name}
    connection = pymysql.connect(**login, charset="utf8mb4")  # type: ignore[arg-type]
    try:
        with connection.cursor() as cursor:
            _make_parents(cursor)
            connection.commit()
            start = time.perf_counter()
            for first in range(0, len(images), BATCH):
                _commit(cursor, first, images[first : first + BATCH])
                connection.commit()
            return len(images) / (time.perf_counter() - start)
    finally:
        connection.close()


def _make_parents(cursor: pymysql.cursors.Cursor) -> None:
    moment = datetime.now(UTC).replace(tzinfo=None)
    cursor.execute("INSERT INTO runs (number, period, first_seen, last_seen) VALUES (1, '', %s, %s)", (moment, moment))
    columns = "name, description, contact, guidance, first_seen"
    cursor.execute(f"INSERT INTO plot_types ({columns}) VALUES ('bare', '', '', '', %s)", (moment,))


def _commit(cursor: pymysql.cursors.Cursor, first: int, images: Sequence[bytes]) -> None:
    moment = datetime.now(UTC).replace(tzinfo=None)
    names = [sha256(image).digest() for image in images]
    heads = [(name, len(image), moment) for name, image in zip(names, images, strict=True)]
    cursor.executemany("INSERT INTO blobs (sha256, size, touched_at) VALUES (%s, %s, %s)", heads)
    chunks = list(zip(names, images, strict=True))
    cursor.executemany("INSERT INTO blob_chunks (sha256, position, data) VALUES (%s, 0, %s)", chunks)
    rows = [(first + place, 1, 1, place, name, 800, 600, *[moment] * 3) for place, name in enumerate(names, 1)]
    cursor.executemany(
        "INSERT INTO plots (id, plot_type_id, run_id, chunk, sha256, width, height, taken_at, received_at, seen_at,"
        " state, source) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'pending', 'path')",
        rows,
    )
    stamps = [(blake2b(name, digest_size=16).digest(), row[0]) for name, row in zip(names, rows, strict=True)]
    cursor.executemany("INSERT INTO input_files (stamp, mtime_ns, size, plot_id) VALUES (%s, 1, 1, %s)", stamps)
    work = [(row[0], moment) for row in rows]
    cursor.executemany(
        "INSERT INTO work (plot_id, priority, owner, lease_until, attempts, message)"
        " VALUES (%s, 0, 'bench/1', %s, 1, '')",
        work,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
