"""A private MariaDB server in a temporary directory: real, on a free loopback port, gone after the tests."""

from __future__ import annotations

import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pymysql

PASSWORD = "correct horse battery staple"
USER = "hydra"
_START_S = 120.0
_PREFIX = "hydra-mariadb-"
_PR_SET_PDEATHSIG = 1

# Tests kill processes, never the machine: the server need not wait for the disk.
_FAST = (
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=256M",
    "--innodb-log-file-size=64M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=O_DIRECT_NO_FSYNC",
    "--innodb-fast-shutdown=2",
    "--max-connections=200",
)
_DURABLE = (
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=256M",
    "--innodb-log-file-size=256M",
    "--innodb-flush-log-at-trx-commit=1",
    "--max-connections=200",
)


def find_server() -> str | None:
    """Path of the server program, None where it is not installed."""
    return shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/libexec:/usr/local/sbin")


class MariaDb:
    """One server, with further `options`. `start` before use, `stop` after; `database()` gives an empty one.

    `durable`: on a real disk, and a commit waits for it, as a server in a hall does; for what is measured.
    """

    def __init__(self, options: Sequence[str] = (), *, durable: bool = False) -> None:
        self._options = tuple(options)
        _remove_leftovers()
        self._durable = durable
        place = None if durable else _in_memory()
        self._directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=place))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Make the data directory, start the server, make the tests' account."""
        self._install()
        try:
            self.resume()
            self._make_account()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, wait for its end, remove its files."""
        self.halt()
        shutil.rmtree(self._directory, ignore_errors=True)

    def resume(self) -> None:
        """Start the server on the data it has; returns when it answers."""
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, preexec_fn=_end_with_parent)
        self._wait()

    def halt(self) -> None:
        """Stop the server and wait for its end; the data stay."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)
        self._process = None

    def pause(self) -> None:
        """Stop the server in its tracks: connections stay, nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a paused server go on; nothing where it was not."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def database(self) -> str:
        """Make an empty database; returns its name."""
        name = f"hydra_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} CHARACTER SET latin1")  # the tables must not depend on this
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name}")

    def url(self, name: str) -> str:
        """The store URL of a database; the password is not part of it."""
        return f"mysql://{USER}@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement as the server's administrator."""
        connection = pymysql.connect(unix_socket=str(self._socket), user=getpass.getuser(), autocommit=True)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def admin_url(self, name: str) -> str:
        """The store URL of a database for the server's administrator, who needs no password here."""
        return f"mysql://{getpass.getuser()}@localhost/{name}?unix_socket={self._socket}"

    @property
    def _socket(self) -> Path:
        return self._directory / "socket"

    def _install(self) -> None:
        installer = shutil.which("mariadb-install-db") or "mariadb-install-db"
        command = [
            installer, "--no-defaults", f"--datadir={self._directory / 'data'}", f"--user={getpass.getuser()}",
            "--auth-root-authentication-method=socket", f"--auth-root-socket-user={getpass.getuser()}",
            "--skip-test-db", "--skip-name-resolve", "--innodb-flush-method=O_DIRECT_NO_FSYNC",
        ]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)

    def _command(self) -> list[str]:
        return [
            find_server() or "mariadbd", "--no-defaults", f"--datadir={self._directory / 'data'}",
            f"--user={getpass.getuser()}", f"--socket={self._socket}", f"--pid-file={self._directory / 'pid'}",
            "--skip-networking=0", "--bind-address=127.0.0.1", f"--port={self.port}",
            *(_DURABLE if self._durable else _FAST), *self._options,
        ]  # fmt: skip

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_S
        while True:
            try:
                self.execute("SELECT 1")
            except pymysql.err.OperationalError:
                if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                    log = (self._directory / "log").read_text(errors="replace")
                    raise RuntimeError(f"The MariaDB server did not start:\n{log[-4000:]}") from None
                time.sleep(0.05)
            else:
                return

    def _make_account(self) -> None:
        self.execute(f"CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
        self.execute(f"GRANT ALL PRIVILEGES ON `hydra\\_%`.* TO {USER}@'127.0.0.1'")


def _in_memory() -> str | None:
    """A directory in memory where there is room: tables are made there ten times faster."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2 * 2**30
    return str(shared) if roomy else None


def _end_with_parent() -> None:
    """Let the kernel end the server when the tests are killed and cannot."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _remove_leftovers() -> None:
    """Remove the data of servers whose tests were killed; the tests' process id is in the name."""
    for place in {Path(_in_memory() or tempfile.gettempdir()), Path(tempfile.gettempdir())}:
        for directory in place.glob(f"{_PREFIX}[0-9]*-*"):
            if not psutil.pid_exists(int(directory.name.removeprefix(_PREFIX).partition("-")[0])):
                shutil.rmtree(directory, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
