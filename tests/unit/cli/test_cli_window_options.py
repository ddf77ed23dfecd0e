from pathlib import Path

import pytest

from hydra_gui.options import WindowOptions, window_options


def test_that_no_argument_means_the_window() -> None:
    assert window_options([]) == WindowOptions()


def test_that_global_options_alone_mean_the_window() -> None:
    given = window_options(["--config", "a.toml", "--store=mysql://u@h/d", "--data-dir", "d", "--watch", "in"])
    assert given == WindowOptions(Path("a.toml"), "mysql://u@h/d", Path("d"), Path("in"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["doctor"],
        ["--help"],
        ["--version"],
        ["--config"],
        ["--json"],
        ["--config", "a.toml", "serve"],
        ["--nonsense=1"],
    ],
)
def test_that_everything_else_is_left_to_the_parser(arguments: list[str]) -> None:
    assert window_options(arguments) is None


def test_that_options_become_overrides_of_the_configuration() -> None:
    assert WindowOptions(watch=Path("in")).overrides() == {
        "store": {"url": None, "data_dir": None},
        "input": {"directory": Path("in")},
        "engine": {"judges": None},
    }


def test_that_a_window_can_be_asked_only_to_watch() -> None:
    given = window_options(["--store", "mysql://u@h/d", "--watch-only"])
    assert given == WindowOptions(store="mysql://u@h/d", watch_only=True)
    assert given.overrides()["engine"] == {"judges": False}
