"""What the command line says to the window, read without a parser library so that the window comes up at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FIELDS = {"--config": "config", "--store": "store", "--data-dir": "data_dir", "--watch": "watch"}
_WATCH_ONLY = "--watch-only"
SUFFIX = ".hydralabels"
"""Of `backend.domain.label_bundles`, which is not imported before the window is up."""


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """Options of the bare `hydra-gui`; None where the configuration decides.

    `config` is a TOML file, `store` a database URL, `data_dir` the folder of the embedded store, `watch` the
    input directory. `watch_only`: the window shows what other stations judge. `bundle` is a label bundle, in which it
    labels in place of the store.
    """

    config: Path | None = None
    store: str | None = None
    data_dir: Path | None = None
    watch: Path | None = None
    watch_only: bool = False
    bundle: Path | None = None

    def overrides(self) -> dict[str, dict[str, object]]:
        """As `backend.config.load` takes them."""
        return {
            "store": {"url": self.store, "data_dir": self.data_dir},
            "input": {"directory": self.watch},
            "engine": {"judges": False if self.watch_only else None},
        }


def window_options(arguments: Sequence[str]) -> WindowOptions | None:
    """The options when the arguments ask for the window, None when a real parser must look at them."""
    found: dict[str, str] = {}
    waiting = [argument for argument in arguments if argument != _WATCH_ONLY]
    while waiting:
        if waiting[0].endswith(SUFFIX) and not waiting[0].startswith("-"):
            found["bundle"] = waiting.pop(0)
            continue
        name, given, value = waiting.pop(0).partition("=")
        if name not in _FIELDS or (not given and not waiting):
            return None
        found[_FIELDS[name]] = value if given else waiting.pop(0)
    return _build(found, watch_only=_WATCH_ONLY in arguments)


def _build(found: dict[str, str], *, watch_only: bool) -> WindowOptions:
    def path(name: str) -> Path | None:
        return Path(found[name]) if found.get(name) else None

    return WindowOptions(
        path("config"), found.get("store"), path("data_dir"), path("watch"), watch_only, path("bundle")
    )
