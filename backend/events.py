"""Events: what happened, as frozen values in one closed union. They carry keys; the store is the truth."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.alert_policy import GateCount
from backend.domain.alerts import Alert
from backend.domain.hall import HallStatus, Tile
from backend.domain.quarantine import QuarantinedFile


@dataclass(frozen=True, slots=True, eq=False)
class PlotArrived:
    """A plot is stored and waits for its verdict."""

    tile: Tile


@dataclass(frozen=True, slots=True, eq=False)
class PlotJudged:
    """A verdict is committed, or the lack of a model is.

    `newest` is False where a newer plot of the same type is on screen already. `elsewhere`: another station judged it
    and did what follows from that; here it is only shown.
    """

    tile: Tile
    newest: bool = True
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class FileQuarantined:
    """A file was set aside, by another station where `elsewhere`."""

    file: QuarantinedFile
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """Run, beam, health or counts changed."""

    status: HallStatus


@dataclass(frozen=True, slots=True)
class ModelActivated:
    """Another model judges this plot type from now on."""

    plot_type: str
    model_id: int


@dataclass(frozen=True, slots=True)
class OpinionHeard:
    """Another system says something of the newest plot of this type; the detail of that plot has it."""

    plot_type: str


@dataclass(frozen=True, slots=True)
class AlertsChanged:
    """These alerts are other than before, by whomever on whatever station; `gates` is what is held back now."""

    alerts: tuple[Alert, ...]
    gates: tuple[GateCount, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnAlertsChanged:
    """These alerts, with numbers below zero, are told by this station alone: the database does not answer it."""

    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class AlertsEscalated:
    """These alerts wait for a person, and stations like this one are to be loud for them; none any more where empty."""

    alert_ids: frozenset[int]


Told = PlotArrived | PlotJudged | FileQuarantined | StatusChanged | ModelActivated | OpinionHeard
AboutAlerts = AlertsChanged | OwnAlertsChanged | AlertsEscalated
Event = Told | AboutAlerts
