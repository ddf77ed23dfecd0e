"""`hydra-gui db login` and where a password never appears, on a real server."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.access.opening import open_store
from backend.access.vaults import FileVault
from backend.config import load
from backend.domain.errors import StoreRefusedError
from hydra_gui.cli.program import run_command
from hydra_gui.error_notifier import describe
from tests.mariadb import PASSWORD

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(mariadb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command for the server; the exit code and all that is said. No password is in the environment."""
    monkeypatch.delenv("HYDRA_STORE_PASSWORD")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "200")

    def command(*words: str, piped: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(piped))
        code = run_command(["--store", mariadb_url, "--data-dir", str(tmp_path / "data"), *words])
        captured = capsys.readouterr()
        return code, re.sub(r"[\s│]+", " ", captured.out + captured.err)  # however the panel is wrapped

    return command


def test_that_a_password_is_kept_after_login_and_forgotten_after_logout(run: Run, tmp_path: Path) -> None:
    code, said = run("db", "status")
    assert code == 3
    assert "hydra-gui db login" in said
    code, said = run("db", "login", "--password-stdin", piped=PASSWORD + "\n")
    assert code == 0
    assert "secrets.json" in said
    assert run("db", "upgrade")[0] == 0
    assert run("db", "status")[0] == 0
    assert run("db", "logout")[0] == 0
    assert run("db", "status")[0] == 3
    assert "No password" in run("db", "logout")[1]


def test_that_a_wrong_password_is_refused_and_not_kept(run: Run, tmp_path: Path) -> None:
    code, said = run("db", "login", "--password-stdin", piped="wr0ng one\n")
    assert code == 3
    assert "wr0ng" not in said
    assert not (tmp_path / "config" / "hydra-gui" / "secrets.json").exists()


def test_that_a_password_for_a_server_that_is_away_is_kept_and_the_doubt_told(run: Run) -> None:
    code, said = run("--store", "mysql://a@127.0.0.1:9/d", "db", "login", "--password-stdin", "--json", piped="x y z")
    assert code == 0
    assert json.loads(said)["tried"] is False


@pytest.mark.parametrize("piped", ["", "\n", "x" * 2000, "a\x00b\n"])
def test_that_what_is_no_password_is_a_usage_error(run: Run, piped: str) -> None:
    assert run("db", "login", "--password-stdin", piped=piped)[0] == 2


def test_that_without_a_terminal_the_way_to_give_a_password_is_told(run: Run) -> None:
    code, said = run("db", "login")
    assert code == 2
    assert "--password-stdin" in said


def test_that_an_embedded_store_has_no_password(run: Run) -> None:
    code, said = run("--store", "sqlite:////x/y.db", "db", "login", "--password-stdin", piped="x\n")
    assert code == 3
    assert "--store mysql://" in said


def test_that_a_file_others_may_read_stops_the_station_with_the_remedy(run: Run, tmp_path: Path) -> None:
    run("db", "login", "--password-stdin", piped=PASSWORD + "\n")
    (tmp_path / "config" / "hydra-gui" / "secrets.json").chmod(0o644)
    code, said = run("db", "status")
    assert code == 3
    assert "chmod 600" in said
    assert PASSWORD not in said


def test_that_the_password_appears_in_no_error_log_or_representation(
    mariadb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Errors of every kind, with tracebacks as the log, the window and HYDRA_DEBUG write them."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", "n0t-the-right-one")
    section = load(None, {"store": {"url": mariadb_url, "data_dir": tmp_path}}).store
    with pytest.raises(StoreRefusedError) as caught:
        open_store(section)
    told = [*traceback.format_exception(caught.value), describe(caught.value).details]
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", PASSWORD)
    with pytest.raises(StoreRefusedError, match="db upgrade") as caught:
        open_store(section)
    told += [*traceback.format_exception(caught.value), repr(section), section.model_dump_json()]
    told += [record.getMessage() for record in caplog.records]
    assert "Access denied" in "".join(told)
    assert not {"n0t-the-right-one", PASSWORD} & {
        word for word in ("n0t-the-right-one", PASSWORD) if word in "".join(told)
    }


def test_that_no_process_shows_the_password_and_no_traceback_of_a_program_holds_it(
    mariadb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HYDRA_STORE_PASSWORD")
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "HYDRA_DEBUG": "1", "HYDRA_STARTUP_REPORT": ""}
    command = [sys.executable, "-m", "hydra_gui", "--store", mariadb_url, "db", "login", "--password-stdin"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        seen = Path(f"/proc/{program.pid}/cmdline").read_bytes() + Path(f"/proc/{program.pid}/environ").read_bytes()
        out, err = program.communicate("wr0ng-one\n", timeout=120)
    assert program.returncode == 3
    assert "Traceback" in err
    assert "wr0ng-one" not in out + err + seen.decode(errors="replace")
    assert FileVault(tmp_path / "hydra-gui" / "secrets.json").get("x") is None
