"""What every command shares: the global options, the configuration they lead to, and where output goes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from hydra_gui.person import who_am_i

__all__ = ["Session", "who_am_i"]

if TYPE_CHECKING:
    from backend.config import Settings
    from backend.store import Store


@dataclass
class Session:
    """One run of the program on the command line. `store` is a database URL without a password."""

    config: Path | None = None
    store: str | None = None
    data_dir: Path | None = None
    json: bool = False
    console: Console = field(default_factory=Console)

    @cached_property
    def settings(self) -> Settings:
        """The configuration with the global options on top; ConfigurationError where it cannot be used."""
        return self.settings_with({})

    def settings_with(self, overrides: dict[str, dict[str, Any]]) -> Settings:
        """The configuration with a command's own options on top as well."""
        from backend.config import load

        mine = {"store": {"url": self.store, "data_dir": self.data_dir}}
        return load(self.config, {**mine, **overrides})

    @contextmanager
    def open_store(self) -> Iterator[Store]:
        """The store of the configuration, closed afterwards."""
        from backend.access.opening import open_store

        store = open_store(self.settings.store)
        try:
            yield store
        finally:
            store.close()

    def say(self, message: object) -> None:
        """One message for a person; nothing in JSON mode."""
        if not self.json:
            self.console.print(message, markup=False)  # names may hold brackets

    def emit(self, value: object) -> None:
        """One JSON document on a line of its own."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()
