"""Models as files from one hall to another: exported, signed, refused or taken in, and kept in the history."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from backend.domain.errors import BundleError
from backend.inference.bundles import open_bundle, pack, seal
from backend.inference.openvino_quietly import openvino
from backend.inference.trial import try_out
from backend.store import Store
from hydra_gui.cli.program import run_command
from tests.fakes.activation import activate_bundle
from tests.fakes.bundles import facts, make_bundle, network, save_network
from tests.fakes.plots import write_plots


@dataclass
class Halls:
    """Command lines of two halls, each with a store and a configuration of its own."""

    root: Path
    captured: Callable[[], tuple[str, str]]

    def configure(self, hall: str, *lines: str) -> None:
        (self.root / f"{hall}.toml").write_text("\n".join(["[models]", *lines]))

    def run(self, hall: str, *words: object) -> tuple[int, str, str]:
        given = ["--data-dir", str(self.root / hall), "--config", str(self.root / f"{hall}.toml")]
        code = run_command([*given, "--json", *map(str, words)])
        return code, *self.captured()

    def store(self, hall: str) -> Store:
        return Store.open(f"sqlite:///{self.root / hall / 'hydra.db'}", self.root / hall)


@pytest.fixture
def halls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Halls:
    """Hall "a" has model 1; neither has keys."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Halls(tmp_path, lambda: tuple(capsys.readouterr()))  # type: ignore[arg-type]
    for hall in ("a", "b"):
        made.configure(hall)
    with made.store("a") as store:
        activate_bundle(store, tmp_path / "made", "CDC_occupancy")
    return made


def with_key(halls: Halls, hall: str) -> str:
    """Give a hall a signing key; returns the public one."""
    key = halls.root / f"{hall}.pem"
    public = json.loads(halls.run(hall, "models", "keygen", key)[1])["public_key"]
    halls.configure(hall, f'signing_key = "{key}"')
    return public


def refusal(halls: Halls, file: Path) -> str:
    """Why hall "b" does not take a file; nothing is registered."""
    code, out, err = halls.run("b", "models", "import", file)
    assert (code, out) == (1, "")
    assert json.loads(halls.run("b", "models", "list")[1]) == []
    return json.loads(err)["error"]


def test_that_a_model_goes_from_one_hall_to_another_as_one_file(halls: Halls, tmp_path: Path) -> None:
    file = tmp_path / "usb" / "CDC.zip"
    code, out, _ = halls.run("a", "models", "export", 1, file)
    exported = json.loads(out)
    assert (code, exported["signed_by"]) == (0, None)
    code, out, _ = halls.run("b", "models", "import", file, "--who", "A. Expert")
    assert code == 0
    assert json.loads(out) == {"model": 1, "digest": exported["digest"], "signed_by": None}
    shown = json.loads(halls.run("b", "models", "show", 1)[1])
    assert (shown["state"], shown["digest"]) == ("candidate", exported["digest"])
    assert [(entry["who"], entry["file"], entry["signed_by"]) for entry in shown["imports"]] == [
        ("A. Expert", str(file), "")
    ]


def test_that_a_signature_is_verified_and_kept_in_the_history(halls: Halls, tmp_path: Path) -> None:
    public = with_key(halls, "a")
    file = tmp_path / "signed.zip"
    assert json.loads(halls.run("a", "models", "export", 1, file)[1])["signed_by"] == public
    halls.configure("b", f'trusted_keys = ["{public}"]')
    code, out, _ = halls.run("b", "models", "import", file)
    assert (code, json.loads(out)["signed_by"]) == (0, public)
    assert json.loads(halls.run("b", "models", "show", 1)[1])["imports"][0]["signed_by"] == public
    assert json.loads(halls.run("b", "models", "import", file)[1])["model"] == 1
    assert len(json.loads(halls.run("b", "models", "show", 1)[1])["imports"]) == 2


def test_that_with_trusted_keys_everything_else_is_refused_with_the_reason(halls: Halls, tmp_path: Path) -> None:
    bare, signed, folder = tmp_path / "bare.zip", tmp_path / "signed.zip", make_bundle(tmp_path / "folder").path
    halls.run("a", "models", "export", 1, bare)
    public = with_key(halls, "a")
    halls.run("a", "models", "export", 1, signed)
    halls.configure("b", f'trusted_keys = ["{with_key(halls, "b")}"]')
    assert "bare.zip is not signed" in refusal(halls, bare)
    assert "folder is not signed" in refusal(halls, folder)
    assert f"is signed by {public}, which is not among the trusted keys" in refusal(halls, signed)


def test_that_a_wrong_signature_is_refused_also_where_any_key_will_do(halls: Halls, tmp_path: Path) -> None:
    public = with_key(halls, "a")
    file = tmp_path / "signed.zip"
    halls.run("a", "models", "export", 1, file)
    damaged = bytearray(file.read_bytes())
    damaged[1000] ^= 1
    file.write_bytes(damaged)
    for trusted in ([], [public]):
        halls.configure("b", f"trusted_keys = {json.dumps(trusted)}")
        assert "the signature does not fit" in refusal(halls, file)


def test_that_a_signed_file_may_judge_plots_without_a_store(halls: Halls, tmp_path: Path) -> None:
    with_key(halls, "a")
    halls.run("a", "models", "export", 1, tmp_path / "signed.zip")
    plots = write_plots(tmp_path / "plots", ["CDC_occupancy"], 2)
    code, out, _ = halls.run("b", "classify", *plots, "--model", tmp_path / "signed.zip")
    assert (code, [answer["classification"] for answer in json.loads(out)]) == (0, ["Good", "Bad"])


def test_that_an_export_never_takes_the_place_of_a_file(halls: Halls, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("mine")
    code, _, err = halls.run("a", "models", "export", 1, tmp_path / "x.zip")
    assert code == 1
    assert "exists already" in err
    assert (tmp_path / "x.zip").read_text() == "mine"
    assert halls.run("a", "models", "export", 9, tmp_path / "y.zip")[0] == 2


def test_that_a_key_that_others_may_read_signs_nothing(halls: Halls, tmp_path: Path) -> None:
    with_key(halls, "a")
    (tmp_path / "a.pem").chmod(0o644)
    code, _, err = halls.run("a", "models", "export", 1, tmp_path / "x.zip")
    assert code == 1
    assert "chmod 600" in err
    assert not (tmp_path / "x.zip").exists()


def test_that_no_private_key_is_in_database_export_log_or_answer(
    halls: Halls, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with_key(halls, "a")
    said = "".join(map(str, halls.run("a", "models", "export", 1, tmp_path / "x.zip")))
    secret = (tmp_path / "a.pem").read_text().splitlines()[1]
    assert secret not in said + caplog.text
    for file in (tmp_path / "x.zip", *(tmp_path / "a").rglob("hydra.db*")):
        assert secret.encode() not in file.read_bytes()


def test_that_a_trusted_key_must_be_one(halls: Halls) -> None:
    halls.configure("b", 'trusted_keys = ["ssh-ed25519 AAAA"]')
    code, _, err = halls.run("b", "models", "list")
    assert code == 2
    assert "models.trusted_keys" in err


def test_that_rolling_back_is_one_command(halls: Halls, tmp_path: Path) -> None:
    with halls.store("a") as store:
        second = activate_bundle(store, tmp_path / "second", "CDC_occupancy", seed=2)
    code, out, _ = halls.run("a", "models", "rollback", "CDC_occupancy", "--note", "false alarms")
    assert code == 0
    assert json.loads(out) == {"activated": 1, "replaced": second, "plot_type": "CDC_occupancy"}
    code, _, err = halls.run("a", "models", "rollback", "CDC_occupancy")
    assert code == 2
    assert "no other model before" in err


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (facts(labels=("a", "b", "c")), r"'logits' .* shape \(1, 2\), not \(1, 3\)"),
        (facts(shape=(32, 64, 3)), r"manifest says \(1, 32, 64, 3\)"),
    ],
)
def test_that_a_network_that_does_not_fit_its_manifest_is_refused_at_import(
    stated: object, said: str, halls: Halls, tmp_path: Path
) -> None:
    (tmp_path / "made2").mkdir()
    save_network(tmp_path / "made2", network(facts()))
    (tmp_path / "x.zip").write_bytes(pack(seal(tmp_path / "made2", stated).path))  # type: ignore[arg-type]
    assert re.search(said, refusal(halls, tmp_path / "x.zip"))


def test_that_a_network_that_wants_all_memory_ends_its_trial_and_nothing_else(tmp_path: Path) -> None:
    ov, ops = openvino(), openvino().opset13
    stated = facts()
    model = network(stated)
    pixels = model.get_parameters()[0]
    huge = ops.tile(pixels, ops.constant(np.array([1, 600, 600, 1], np.int64)))
    mean = ops.reduce_mean(huge, ops.constant(np.array([1, 2], np.int64)))
    embedding = next(result for result in model.get_results() if "embedding" in result.input_value(0).get_names())
    joined = ops.concat([embedding.input_value(0), mean.output(0)], 1)
    embedding.input_value(0).get_tensor().set_names(set())
    joined.output(0).get_tensor().set_names({"embedding"})
    others = [result for result in model.get_results() if result is not embedding]
    save_network(tmp_path, ov.Model([*others, ops.result(joined)], [pixels], "hungry"))
    with pytest.raises(BundleError, match="The model is not used"):
        try_out(seal(tmp_path, stated), memory_bytes=4 * 2**30)


def test_that_a_trial_that_never_ends_is_ended(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "made")
    try_out(bundle)
    with pytest.raises(BundleError, match="no answer within 0 s"):
        try_out(bundle, seconds=0)
    assert open_bundle(bundle.path) == bundle
