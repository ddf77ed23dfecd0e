"""Make .venv-headless: the engine's own dependencies and the test tools, and truly no Qt and no TensorFlow.

Its packages are links into .venv, chosen by walking the requirements of the bare distribution, so making it takes a
moment and no network. `import PySide6` fails in it as it does on a server where nobody installed a window.
"""

from __future__ import annotations

import hashlib
import importlib.metadata as metadata
import shutil
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / ".venv-headless"
TEST_TOOLS = ("pytest", "pytest-timeout", "pytest-asyncio", "pytest-xdist", "hypothesis", "psutil", "PyYAML")


def needed() -> dict[str, metadata.Distribution]:
    """Every distribution that the core requirements and the test tools bring with them, by canonical name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting = [*project["dependencies"], *TEST_TOOLS]
    found: dict[str, metadata.Distribution] = {}
    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        if name not in found:
            found[name] = metadata.distribution(name)
            waiting += found[name].requires or []
    return found


def top_level(distribution: metadata.Distribution) -> set[Path]:
    """The entries of site-packages that belong to a distribution, as absolute paths."""
    site = Path(sysconfig.get_path("purelib"))
    parts = {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}
    return {site / part for part in parts}


def stamp(distributions: dict[str, metadata.Distribution]) -> str:
    """Changes whenever a linked distribution, this script or the place changes."""
    versions = sorted(f"{name}=={found.version}" for name, found in distributions.items())
    text = "\n".join([str(ROOT), sys.version, *versions, Path(__file__).read_text()])
    return hashlib.sha256(text.encode()).hexdigest()


def build(distributions: dict[str, metadata.Distribution]) -> None:
    """The environment anew: an empty one, links to what is needed, and this checkout on its path."""
    shutil.rmtree(TARGET, ignore_errors=True)
    venv.create(TARGET, with_pip=False, symlinks=True)
    site = TARGET / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    for distribution in distributions.values():
        for entry in top_level(distribution):
            link = site / entry.name
            if not link.exists():
                link.symlink_to(entry)
    (site / "hydra_gui_checkout.pth").write_text(f"{ROOT}\n")


def main() -> None:
    """Build when anything changed since the last time."""
    distributions = needed()
    mark, now = TARGET / ".stamp", stamp(distributions)
    if not mark.exists() or mark.read_text() != now:
        build(distributions)
        mark.write_text(now)


if __name__ == "__main__":
    main()
