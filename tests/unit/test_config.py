import os
import re
from pathlib import Path

import pytest

from backend.config import ConfigurationError, load
from backend.domain.intake import AfterIntake


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hydra.toml"


def test_that_nothing_need_be_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    settings = load()
    assert settings.input.directory is None
    assert settings.input.after is AfterIntake.LEAVE
    assert settings.store.effective_url == f"sqlite:///{tmp_path / 'data' / 'hydra-gui' / 'hydra.db'}"


def test_that_the_file_stands_above_defaults(file: Path) -> None:
    file.write_text('[experiment]\nname = "Hall D"\n[input]\ndirectory = "/plots"\nafter = "move"\n')
    settings = load(file)
    assert settings.experiment.name == "Hall D"
    assert settings.input.directory == Path("/plots")
    assert settings.input.after is AfterIntake.MOVE


def test_that_the_environment_stands_above_the_file_key_by_key(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[input]\ndirectory = "/plots"\npoll_s = 7\n')
    monkeypatch.setenv("HYDRA_INPUT__POLL_S", "2.5")
    settings = load(file)
    assert settings.input.poll_s == 2.5
    assert settings.input.directory == Path("/plots")


def test_that_the_command_line_stands_above_all(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[input]\ndirectory = "/plots"\n')
    monkeypatch.setenv("HYDRA_INPUT__DIRECTORY", "/from-environment")
    settings = load(file, {"input": {"directory": Path("/mine"), "poll_s": None}})
    assert settings.input.directory == Path("/mine")
    assert settings.input.poll_s == 5.0


def test_that_an_unknown_key_names_file_key_and_what_is_accepted(file: Path) -> None:
    file.write_text("[input]\nfolder = 'x'\n")
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    text = str(caught.value)
    assert str(file) in text
    assert "input.folder: unknown key" in text
    assert "directory" in text


def test_that_an_unknown_section_names_the_sections(file: Path) -> None:
    file.write_text("[alerts]\nx = 1\n")
    with pytest.raises(ConfigurationError, match=r"alerts: unknown key; accepted are experiment, input"):
        load(file)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[input]\npoll_s = 0\n", "input.poll_s"),
        ("[input]\nafter = 'burn'\n", "input.after"),
        ("[inference]\nbatch = 'many'\n", "inference.batch"),
        ("[station]\nlease_s = 1\n", "station.lease_s"),
        ("[inference]\nlatency_ms = 0\n", "inference.latency_ms"),
    ],
)
def test_that_a_bad_value_names_its_key(file: Path, text: str, key: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert f"{key} = " in str(caught.value)


def test_that_a_bad_value_on_the_command_line_names_its_key() -> None:
    with pytest.raises(ConfigurationError, match=r"input\.poll_s"):
        load(None, {"input": {"poll_s": -1}})


def test_that_a_bad_value_in_the_environment_names_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRA_INFERENCE__THREADS", "-3")
    with pytest.raises(ConfigurationError, match=r"inference\.threads"):
        load()


def test_that_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml does not exist"):
        load(tmp_path / "none.toml")


def test_that_a_damaged_file_is_told(file: Path) -> None:
    file.write_text("[input\n")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(file)


def test_that_variables_of_the_program_itself_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRA_DEBUG", "1")
    monkeypatch.setenv("HYDRA_STARTUP_REPORT", "x")
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", "secret")
    assert load().store.url == ""


@pytest.mark.parametrize("device", ["CPU", "GPU", "GPU.1", "NPU", "AUTO"])
def test_that_devices_go_by_the_names_openvino_gives_them(file: Path, device: str) -> None:
    file.write_text(f"[inference]\ndevice = '{device}'\n")
    assert load(file).inference.device == device


@pytest.mark.parametrize("device", ["TPU", "cpu", "GPU:0", "CPU,GPU", ""])
def test_that_a_device_that_is_none_is_refused_saying_what_is_accepted(file: Path, device: str) -> None:
    file.write_text(f"[inference]\ndevice = '{device}'\n")
    with pytest.raises(ConfigurationError, match=r"inference\.device = .*accepted are CPU, GPU, NPU.*AUTO"):
        load(file)


def test_that_a_core_is_left_for_a_window_and_none_idles_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    inference = load().inference
    assert (inference.effective_threads, inference.without_window.threads) == (7, 8)
    chosen = load(None, {"inference": {"threads": 3}}).inference
    assert (chosen.effective_threads, chosen.without_window.threads) == (3, 3)


@pytest.mark.parametrize(
    "given", ["tcp://127.0.0.1:5570, tcp://[::1]:5571", '["tcp://127.0.0.1:5570", "tcp://[::1]:5571"]']
)
def test_that_several_addresses_stand_in_one_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("HYDRA_FEED__ZEROMQ__LISTEN", given)
    (tmp_path / "h.toml").touch()
    assert load(tmp_path / "h.toml").feed.zeromq.listen == ("tcp://127.0.0.1:5570", "tcp://[::1]:5571")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('listen = "tcp://0.0.0.0:5570"', "hydra-gui feed keygen"),
        ('listen = ["tcp://127.0.0.1:5570", "tcp://daq:5570"]', "tcp://daq:5570 can be reached over the network"),
        ('listen = "127.0.0.1:5570"', "tcp://HOST:PORT"),
        ('key = "hall.key_secret"', "given together"),
        ("port = 5570", "accepted are listen, key, clients"),
    ],
)
def test_that_a_network_feed_that_is_not_safe_is_refused_with_what_to_do(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "h.toml").write_text(f"[feed.zeromq]\n{text}\n")
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        load(tmp_path / "h.toml")


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5000, "a = " + "9" * 5000, '_env_file = "x"', "_env_nested_delimiter = 3"]
)
def test_that_what_would_break_the_libraries_is_refused_with_words(text: str, tmp_path: Path) -> None:
    file = tmp_path / "hydra.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"cannot be read|unknown key"):
        load(file)
