"""Ways out in memory: what is configured, and what was sent."""

from __future__ import annotations

import asyncio

from backend.domain.outward import (
    Delivered,
    DestinationView,
    LogbookEntry,
    OutwardView,
    RouteView,
    TierView,
)

TIERS = (
    TierView(2, ("control room",)),
    TierView(5, ("calorimeter expert", "hall chat")),
    TierView(10, ("run coordinator",)),
)
VIEW = OutwardView(
    (
        DestinationView("control room", "stations", "control-room", "stations of the role control-room", False),
        DestinationView("calorimeter expert", "mail", "expert", "calorimeter@hall.example"),
        DestinationView("run coordinator", "mail", "coordinator", "coordinator@hall.example"),
        DestinationView("hall chat", "webhook", "", "a chat server (mattermost)"),
        DestinationView("shift log", "elog", "", "elog.hall.example/HallD", True, True),
    ),
    (
        RouteView("calorimeters by night", "alarms · Calorimeters · by night", TIERS),
        RouteView("all", "warning or worse", (TierView(5, ("control room",)), TierView(15, ("run coordinator",)))),
    ),
    ("expert: 22:00 to 07:00, only alarms", "coordinator: 23:00 to 06:00, nothing"),
    (
        ("Mail server", "mail.hall.example:587, starttls"),
        ("This station", "control-room"),
        ("Day", "07:00 to 19:00 America/New_York"),
    ),
)


class FakeOutward:
    """`OutwardApi`. `refuses` are destinations that cannot be reached, with what the other side says."""

    def __init__(self) -> None:
        self.shown = VIEW
        self.refuses: dict[str, str] = {}
        self.tried: list[tuple[str, str]] = []
        self.entries: list[LogbookEntry] = []
        self.hold = asyncio.Event()
        self.hold.set()

    async def view(self) -> OutwardView:
        return self.shown

    async def try_destination(self, name: str, who: str) -> Delivered:
        self.tried.append((name, who))
        await self.hold.wait()
        return self._delivered(name)

    async def write_entry(self, entry: LogbookEntry) -> tuple[Delivered, ...]:
        self.entries.append(entry)
        await self.hold.wait()
        return tuple(map(self._delivered, entry.to))

    def _delivered(self, name: str) -> Delivered:
        return Delivered(name, name not in self.refuses, self.refuses.get(name, "entry 4711"))
