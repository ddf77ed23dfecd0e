"""Label bundles for whoever works with them: made from, opened beside and brought to the configured store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.access.opening import open_store
from backend.config import Settings, StoreSection, overridden
from backend.domain.errors import LabelBundleError
from backend.domain.label_bundles import Applied, BundleState
from backend.offline.applying import OnProgress, apply_bundle
from backend.offline.checking import bundle_url, check_bundle

__all__ = ["BundleSession", "bring_home", "open_bundle"]


@dataclass(frozen=True, slots=True)
class BundleSession:
    """The program on a bundle: `settings` make the bundle its store; `hall` is the store that was configured, to which
    labels are brought when it answers, None where there is no server in the configuration."""

    path: Path
    state: BundleState
    settings: Settings
    hall: StoreSection | None


def open_bundle(path: Path, settings: Settings) -> BundleSession:
    """Look through a bundle and say how the program runs on it. LabelBundleError."""
    state = check_bundle(path)
    hall = settings.store
    server = bool(hall.url) and not hall.url.startswith("sqlite")
    mine = overridden(
        settings,
        {
            "experiment": {"name": state.manifest.experiment},
            "store": {"url": bundle_url(path)},
            "engine": {"judges": False},
            "events": {"listen": ""},
        },
    )
    alone = mine.input.model_copy(update={"directory": None})
    store = mine.store.model_copy(update={"blobs": None, "failover": ()})
    feed = mine.feed.model_copy(update={"zeromq": mine.feed.zeromq.model_copy(update={"listen": ()})})
    mine = mine.model_copy(update={"input": alone, "store": store, "feed": feed})
    return BundleSession(path, state, mine, hall if server else None)


def bring_home(path: Path, hall: StoreSection, on_progress: OnProgress = lambda done, of: True) -> Applied:
    """Bring a bundle's labels to its hall, once that answers. StoreUnavailableError where it does not."""
    if hall.effective_url == bundle_url(path):
        raise LabelBundleError("The store that is configured is the bundle itself. Name the hall's with --store.")
    with open_store(hall) as store:
        return apply_bundle(store, path, on_progress=on_progress)
