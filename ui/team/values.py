"""What the views of labelling together are given: plain values, no widgets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TeamPage(StrEnum):
    """The pages of the drawer, named as on screen."""

    LEADERS = "Leader board"
    DISAGREEMENTS = "Disagreements"
    BUNDLES = "Take along"


TEAM_TIPS = {
    TeamPage.LEADERS: "Who labelled how much, when, and with what",
    TeamPage.DISAGREEMENTS: "Plots that two people labelled differently",
    TeamPage.BUNDLES: "Label on a laptop without a network, and bring the labels home",
}


class HomeState(StrEnum):
    """How the labels of an open bundle stand to the hall's database."""

    ALONE = "no hall"
    LOOKING = "looking"
    BRINGING = "bringing"
    AWAY = "away"
    HOME = "home"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class BundleBanner:
    """An open label bundle: its file's name, whose it is, and when it was made, as read."""

    file: str
    experiment: str
    plots: int
    made: str


@dataclass(frozen=True, slots=True)
class Home:
    """Where the labels given in a bundle are: `waiting` are only in the file; `words` say more of the state."""

    state: HomeState
    labels: int = 0
    waiting: int = 0
    words: str = ""
    disagreements: int = 0
