"""Checks of a station that joins others: whether its account may do what it is configured for, and who is there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from backend.access.opening import open_server, open_store
from backend.config import ConfigurationError, Settings
from backend.domain.errors import StoreRefusedError, StoreUnavailableError
from backend.domain.roles import Right, rights_of, write_roles
from backend.domain.stations import Station, living
from backend.engine.presence import program_version
from backend.services.doctor.findings import Finding, failed, ok, warning
from backend.services.doctor.reachable import answers
from backend.store.connecting import read_url
from backend.store.server import server_facts

_SKEWED_MS = 2000
_LOOPBACK = ("tcp://127.", "tcp://localhost", "tcp://[::1]")


def check_duties(settings: Settings) -> Iterator[Finding]:
    """Whether the server lets this account do what the configuration makes this station do."""
    if _is_embedded(settings):
        return
    try:
        database = open_server(settings.store)
        try:
            roles = server_facts(database).roles
        finally:
            database.dispose()
    except (StoreUnavailableError, StoreRefusedError):
        return  # said by the check of the access
    if not roles:
        return
    missing = [(duty, role) for duty, right, role in _duties(settings) if right not in rights_of(roles)]
    for duty, role in missing:
        remedy = f"The administrator runs: hydra-gui db grant {write_roles(roles)}+{role} ACCOUNT@HOST"
        if role == "engine":
            remedy += "; or let others do it: set judges = false in [engine], or start with --watch-only."
        yield failed("duties", f"this station is to {duty}, but its account ({write_roles(roles)}) may not", remedy)
    if not missing:
        duties = ", ".join(duty for duty, _, _ in _duties(settings)) or "watch"
        yield ok("duties", f"{duties}: allowed to {write_roles(roles)}")


def _duties(settings: Settings) -> Iterator[tuple[str, Right, str]]:
    if settings.input.directory is not None or settings.feed.zeromq.listen:
        yield "take plots in", Right.FEED, "engine" if settings.engine.judges else "feeder"
    if settings.engine.judges:
        yield "judge", Right.JUDGE, "engine"
    if settings.engine.judges and settings.retention.policy.is_on:
        yield "let images expire", Right.EXPIRE, "keeper"


def check_stations(settings: Settings) -> Iterator[Finding]:
    """Who else is there: names, versions, clocks, and whether anybody judges."""
    if _is_embedded(settings):
        return
    try:
        with open_store(settings.store) as store:
            everybody = living(store.stations.all())
    except (StoreUnavailableError, StoreRefusedError):
        return
    others = [one for one in everybody if one.host != os.uname().nodename]
    yield from _same_name(others, settings.station.name)
    yield from _different(others)
    engines = sum(one.role.judges for one in everybody)
    if not engines and not settings.engine.judges:
        yield warning("stations", "no station judges, and this one does not either", "Start one: hydra-gui serve")
    else:
        yield ok("stations", f"{len(everybody)} run, {len(others)} of them on other machines; {engines} judge")
    yield from _events(settings, others)


def _same_name(others: Sequence[Station], name: str) -> Iterator[Finding]:
    if any(one.name == name for one in others):
        remedy = "Set another name in [station], so that people can tell them apart."
        yield warning("stations", f"another machine runs a station called {name}; this one will get a number", remedy)


def _different(others: Sequence[Station]) -> Iterator[Finding]:
    mine = program_version()
    versions = sorted({one.version for one in others if one.version and one.version != mine})
    if mine and versions:
        remedy = "Bring all to one version; until then stations of another schema refuse the database."
        yield warning("stations", f"this is version {mine}, others run {', '.join(versions)}", remedy)
    for one in others:
        if abs(one.skew_ms) >= _SKEWED_MS:
            remedy = "Let it be set by NTP (chrony, systemd-timesyncd)."
            yield warning("stations", f"the clock of {one.name} is wrong by {one.skew_ms / 1e3:+.1f} s", remedy)


def _events(settings: Settings, others: Sequence[Station]) -> Iterator[Finding]:
    """Whether stations can hear each other at once; they find everything half a second later all the same."""
    section = settings.events
    if not others or not section.listen:
        return
    if section.listen.startswith(_LOOPBACK):
        remedy = "Set listen, key and clients in the [events] section, as docs/user-guide.md tells."
        yield warning("events", "stations on other machines are not told at once what happens here", remedy)
        return
    from backend.engine.hint_sockets import check_events

    try:
        check_events(section)
    except ConfigurationError as error:
        yield failed("events", str(error), "Do what the message says.")
        return
    yield from _heard(others)


def _heard(others: Sequence[Station]) -> Iterator[Finding]:
    told = [one for one in others if one.events and not one.events.startswith(_LOOPBACK)]
    deaf = [one for one in told if not answers(one.events)]
    for one in deaf:
        yield warning("events", f"{one.name} does not answer at {one.events}", "Open that port between the machines.")
    if told and not deaf:
        yield ok("events", f"{len(told)} other stations answer where they tell what happens")


def _is_embedded(settings: Settings) -> bool:
    return read_url(settings.store.effective_url).get_backend_name() == "sqlite"
