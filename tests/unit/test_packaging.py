"""What is under `packaging/` fits the program: every command, option, variable and key in it is one there is."""

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from typer.main import get_command

from backend.config import Settings
from hydra_gui.cli import commands  # noqa: F401 - registers them
from hydra_gui.cli.program import app, global_options_first

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
UNITS = sorted((PACKAGING / "systemd").glob("*.service"))
MANIFESTS = sorted((PACKAGING / "kubernetes").glob("*.yaml"))
DOCKERFILE = (PACKAGING / "container" / "Dockerfile").read_text()
COMPOSE = PACKAGING / "container" / "compose.yaml"
NOT_OF_THE_CONFIGURATION = {"HYDRA_STORE_PASSWORD", "HYDRA_FEED_DIRECTORY", "HYDRA_FEED_TO", "HYDRA_FEED_OPTIONS"}


def understood(words: list[str]) -> None:
    """Fails unless the program has this command with these options, arguments and all."""
    command: Any = get_command(app)
    waiting = global_options_first(words)
    context = command.make_context("hydra-gui", list(waiting), resilient_parsing=False)
    while getattr(command, "commands", None):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None, words
        context = command.make_context(name, rest, parent=context)


def variables_known(names: set[str]) -> None:
    for name in names - NOT_OF_THE_CONFIGURATION:
        section: Any = Settings
        for part in name.removeprefix("HYDRA_").lower().split("__"):
            assert part in section.model_fields, name
            kind = section.model_fields[part].annotation
            section = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def unit_lines(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.MULTILINE)


def documents() -> list[dict[str, Any]]:
    return [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text())]


def containers() -> Iterator[dict[str, Any]]:
    for document in documents():
        yield from document.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_that_a_unit_starts_a_command_there_is(unit: Path) -> None:
    [line] = unit_lines(unit, "ExecStart")
    variables = dict(
        line.split("=", 1)
        for line in (PACKAGING / "systemd" / "feed.env").read_text().splitlines()
        if line.startswith("HYDRA_")
    )
    filled = re.sub(r"\$\{?(HYDRA_\w+)\}?", lambda found: variables[found[1]], line).replace("%i", "daq")
    program, *words = shlex.split(filled)
    assert program.endswith("/bin/hydra-gui")
    understood(words)
    said = " ".join(unit_lines(unit, "Environment"))
    variables_known(set(re.findall(r"\bHYDRA_\w+", said + line)))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_that_a_unit_is_hardened_and_watched_over(unit: Path) -> None:
    [kind], [watchdog], [restart] = (unit_lines(unit, key) for key in ("Type", "WatchdogSec", "Restart"))
    assert (kind, restart) == ("notify", "on-failure")
    assert int(watchdog) >= 30
    for key, value in (("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("CapabilityBoundingSet", "")):
        assert unit_lines(unit, key) == [value]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_that_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("/opt/hydra-gui/bin/hydra-gui", "/bin/true")
        (tmp_path / unit.name.replace("@.", "@daq.")).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "hydra-gui" not in done.stderr


def test_that_the_files_of_variables_name_keys_there_are() -> None:
    text = "".join(path.read_text() for path in (PACKAGING / "systemd").glob("*.env"))
    variables_known(set(re.findall(r"^#?(HYDRA_\w+)=", text, re.MULTILINE)))


def test_that_the_image_runs_a_command_there_is_as_nobody_special() -> None:
    [entry] = re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)
    [words] = re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)
    assert json.loads(entry) == ["hydra-gui"]
    understood(json.loads(words))
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE)[-1] == "10001:10001"
    variables_known(set(re.findall(r"\b(HYDRA_\w+)=", DOCKERFILE)))
    assert json.loads(words)[-1] in DOCKERFILE.split("HEALTHCHECK")[1], "the check looks at another file"


def test_that_what_the_image_needs_is_not_left_out_of_its_context() -> None:
    root = PACKAGING.parent
    let_in = {line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    found = tomllib.loads((root / "pyproject.toml").read_text())
    packages = {name.rstrip("*") for name in found["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages | {"constraints.txt", "pyproject.toml", "LICENSE", found["project"]["readme"]} == let_in
    assert all((root / name).exists() for name in let_in)


def test_that_compose_starts_commands_there_are() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    for name in ("engine", "feeder"):
        understood(services[name]["command"])
        assert services[name]["cap_drop"] == ["ALL"]


def test_that_manifests_start_commands_there_are_and_probe_them() -> None:
    found = list(containers())
    assert {one["name"] for one in found} == {"engine", "receiver", "feeder"}
    for one in found:
        understood(one["args"])
        variables_known({variable["name"] for variable in one.get("env", [])})
        assert one["securityContext"]["readOnlyRootFilesystem"] is True
        assert one["livenessProbe"]
        for probe in (one.get(name, {}) for name in ("readinessProbe", "startupProbe", "livenessProbe")):
            command = probe.get("exec", {}).get("command", [])
            if command[:1] == ["hydra-gui"]:
                understood(command[1:])


def test_that_every_volume_a_manifest_mounts_is_there_and_labels_select() -> None:
    for document in documents():
        template = document.get("spec", {}).get("template")
        if template is None:
            continue
        chosen = document["spec"]["selector"]["matchLabels"]
        assert chosen.items() <= template["metadata"]["labels"].items()
        pod = template["spec"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        for one in (*pod["containers"], *pod.get("initContainers", [])):
            assert {mount["name"] for mount in one["volumeMounts"]} <= volumes


def test_that_the_configuration_in_the_manifest_can_be_used() -> None:
    [text] = [one["data"]["hydra.toml"] for one in documents() if one["kind"] == "ConfigMap"]
    settings = Settings(**tomllib.loads(text))
    assert settings.store.url.startswith("mysql://")


def test_that_engines_scale_by_their_number_alone() -> None:
    [engines] = [
        one for one in documents() if one["metadata"]["name"] == "hydra-gui-engine" and "template" in one["spec"]
    ]
    [engine] = engines["spec"]["template"]["spec"]["containers"]
    assert engines["spec"]["replicas"] > 1
    [name] = [one for one in engine["env"] if one["name"] == "HYDRA_STATION__NAME"]
    assert name["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name", "two stations would have one name"
