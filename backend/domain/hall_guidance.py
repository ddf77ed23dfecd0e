"""What to do where it is not a plot that is wrong but the sight of the plots."""

from __future__ import annotations

from types import MappingProxyType

from backend.domain.alerts import AlertKind

GUIDANCE = MappingProxyType({
    AlertKind.SILENT: (
        "Nobody sees new plots now. Check that the run goes on, then the job that draws the plots, the folder or the "
        "feeders they come through (hydra-gui stations lists them)."
    ),
    AlertKind.STATION: (
        "Start it again on its machine, or see whether the machine and its network are up. The others took its work "
        "over. Acknowledge and shelve this where it is gone for good; after a week it is not missed any more."
    ),
    AlertKind.DATABASE: (
        "Nothing is judged or stored by this station until the database answers; no plot is lost, they wait where they "
        "are. Check the server, its disk and the network, and look at the plots by eye meanwhile."
    ),
    AlertKind.JUDGING: (
        "Plots are stored but get no verdicts: bad ones go unnoticed. Start an engine (hydra-gui serve), or see in the "
        "log why those that run do not judge, and look at the plots by eye meanwhile."
    ),
})  # fmt: skip
"""By kind of alert about the hall."""
