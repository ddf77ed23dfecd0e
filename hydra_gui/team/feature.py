"""Labelling together, wired to the Labelling screen it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hydra_gui.labelling.presenter import LabellingPresenter
from hydra_gui.team.homing import Homing
from hydra_gui.team.presenter import TeamPresenter
from ui.labelling.screen import LabellingScreen
from ui.team.values import TeamPage

if TYPE_CHECKING:
    from backend.engine.thread import EngineThread
    from backend.services.label_bundles import BundleSession

Stops = list[Callable[[], Awaitable[None] | None]]


def start_team(
    engine: EngineThread,
    labelling: LabellingPresenter,
    screen: LabellingScreen,
    bundle: BundleSession | None,
    stops: Stops,
) -> TeamPresenter:
    """Make and wire it; what must be stopped is added to `stops`."""
    team = TeamPresenter(engine, engine.team, engine.labelling, screen.team, screen.side)
    labelling.browser.labeller_known.connect(team.meet)
    labelling.browser.listed.connect(team.follow)
    labelling.saver.saved.connect(team.saved)
    team.settle_requested.connect(labelling.hand.settle)
    team.labels_came.connect(labelling.browser.refresh)
    stops.append(team.close)
    if bundle is not None:
        _start_homing(labelling, screen, bundle, stops)
    return team


def _start_homing(labelling: LabellingPresenter, screen: LabellingScreen, bundle: BundleSession, stops: Stops) -> None:
    screen.side.offer_team(TeamPage.BUNDLES, TeamPage.BUNDLES, offered=False)
    screen.team.offer(TeamPage.BUNDLES, offered=False)
    homing = Homing(bundle, screen.bundle_bar, parent=labelling)
    labelling.saver.saved.connect(homing.saved)
    homing.start()
    stops.append(homing.close)
