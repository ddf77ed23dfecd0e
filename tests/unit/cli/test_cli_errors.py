import json

import pytest

from backend.config import ConfigurationError
from backend.domain.errors import (
    BundleError,
    StoreRefusedError,
    StoreUnavailableError,
    TrainingError,
    UnknownNameError,
)
from hydra_gui.cli.errors import ExitCode, UsageError, guarded


def fails_with(error: BaseException) -> int:
    def action() -> int:
        raise error

    return guarded(action, as_json=False)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (ConfigurationError("x"), 2),
        (UnknownNameError("x"), 2),
        (StoreUnavailableError("x"), 3),
        (StoreRefusedError("x"), 3),
        (BundleError("x"), 1),
        (TrainingError("x"), 1),
        (RuntimeError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_that_each_error_has_its_exit_code(error: BaseException, code: int) -> None:
    assert fails_with(error) == code


def test_that_success_passes_the_result_through() -> None:
    assert guarded(lambda: 0, as_json=False) == ExitCode.SUCCESS
    assert guarded(lambda: 1, as_json=False) == ExitCode.PROBLEMS


def test_that_an_error_is_one_panel_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    fails_with(StoreUnavailableError("The server [bold] does not answer."))
    shown = capsys.readouterr().err
    assert "The server [bold] does not answer." in shown
    assert "Traceback" not in shown


def test_that_an_unexpected_error_says_how_to_see_more(capsys: pytest.CaptureFixture[str]) -> None:
    fails_with(RuntimeError("boom"))
    shown = capsys.readouterr().err
    assert "RuntimeError: boom" in shown
    assert "HYDRA_DEBUG=1" in shown


def test_that_debugging_shows_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRA_DEBUG", "1")
    fails_with(RuntimeError("boom"))
    assert "Traceback" in capsys.readouterr().err


def test_that_a_script_gets_the_error_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    def action() -> int:
        raise UsageError("no such thing")

    guarded(action, as_json=True)
    assert json.loads(capsys.readouterr().err) == {"error": "no such thing", "exit_code": 2}


def test_that_a_file_error_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    fails_with(PermissionError(13, "Permission denied", "labels.csv"))
    assert "labels.csv: Permission denied" in capsys.readouterr().err
