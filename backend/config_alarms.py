"""The part of the configuration that says where alerts go besides the screen: [alarms] and what is within."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from backend.domain.escalation import DayPart

Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Level = Literal["information", "warning", "alarm"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Security(StrEnum):
    """How the way to a mail server is encrypted; the server is always verified."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1", "[::1]") or host.startswith("127.")


class MailSection(_Section):
    """[alarms.mail]: the server that mail goes through. `port` 0 is the usual one, 587, 465 or 25 by `security`.

    "none" is only accepted on this machine. With a `user` its password is kept by `hydra-gui alerts login mail`. The
    server's certificate is verified against `ca`, or against the authorities this machine trusts.
    """

    server: str = ""
    port: int = Field(0, ge=0, le=65535)
    security: Security = Security.STARTTLS
    user: str = ""
    sender: str = ""
    ca: Path | None = None
    timeout_s: float = Field(20.0, gt=0, le=120)

    @model_validator(mode="after")
    def _can_be_used(self) -> MailSection:
        if self.server and "@" not in self.sender:
            raise ValueError("sender is needed with server: the address that mail comes from, NAME@HOST")
        if self.server and self.security is Security.NONE and not _is_loopback(self.server):
            raise ValueError(f"security = none would send alerts to {self.server} in the clear: use starttls or tls")
        return self

    @property
    def effective_port(self) -> int:
        """`port`, or the usual one."""
        return self.port or {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}[self.security]


class Form(StrEnum):
    """What a chat server expects of a webhook."""

    SLACK = "slack"
    MATTERMOST = "mattermost"
    TEAMS = "teams"
    PLAIN = "plain"


_NEEDED: dict[str, tuple[str, ...]] = {"mail": ("to",), "elog": ("url",), "files": ("directory",)}
LOGBOOKS = ("mail", "elog", "files")
"""Kinds of destinations in which an entry can be made."""


class DestinationSection(_Section):
    """[alarms.destinations."NAME"]: a place where alerts go.

    `kind` is mail, webhook, stations, elog, files, or that of a plug-in.

    `role` is who reads it ("expert"), for quiet hours; for stations it is the role of those that are to be loud.
    mail: `to` addresses. webhook: `form` of the chat server; the address is a secret, kept by `hydra-gui alerts login
    NAME`, unless `url` gives it. elog: `url` of the logbook, `user`, and `fields` that the logbook demands, such as
    `Type`; the password is kept by `alerts login`. files: `directory`. `ca` and `timeout_s` are for what speaks HTTP.
    `options` are handed to a plug-in.
    """

    kind: Name
    role: str = Field("", max_length=64)
    to: tuple[str, ...] = ()
    form: Form = Form.SLACK
    url: str = ""
    user: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    directory: Path | None = None
    ca: Path | None = None
    timeout_s: float = Field(20.0, gt=0, le=120)
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> DestinationSection:
        for name in _NEEDED.get(self.kind, ()):
            if not getattr(self, name):
                raise ValueError(f"a destination of kind {self.kind} needs {name}")
        strange = [address for address in self.to if "@" not in address or not address.isprintable()]
        if strange:
            raise ValueError(f"to: {strange[0]!r} is no mail address")
        check_address(self.url)
        return self


def check_address(url: str) -> str:
    """ValueError where a URL is no web address, holds a password, or would be spoken to in the clear."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("url is no web address: https://HOST/…")
    if parts.password:
        raise ValueError("url holds a password: keep it with `hydra-gui alerts login NAME` instead")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("url would be spoken to in the clear: use https")
    return url


class RouteSection(_Section):
    """[[alarms.routes]]: alerts of these `groups` and `run_types` (none: all) and of severity `least` or worse.

    Of an alert that nobody has acknowledged `after_min[n]` minutes after it was raised, the destinations `to[n]` are
    told. `when` is always, day or night. Each destination is told once.
    """

    name: Name
    to: tuple[tuple[Name, ...], ...] = Field(min_length=1, max_length=20)
    after_min: tuple[float, ...] = (2.0, 5.0, 10.0)
    groups: tuple[str, ...] = ()
    least: Level = "warning"
    when: DayPart = DayPart.ALWAYS
    run_types: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_times(self) -> RouteSection:
        times = self.after_min
        if len(self.to) > len(times):
            raise ValueError(f"there are {len(self.to)} tiers in to and {len(times)} times in after_min")
        if any(not 0 <= each <= 1440 for each in times) or list(times) != sorted(times):
            raise ValueError("after_min must rise, from 0 to 1440 minutes")
        return self


class QuietSection(_Section):
    """[[alarms.quiet]]: hours in which those of a `role` are told only from `least` on; "" for nothing at all.

    The rest they are told when the hours end, where nobody has acknowledged it by then. Stations of the role make no
    sound below that.
    """

    role: Name
    begins: time
    ends: time
    least: Level | Literal[""] = "alarm"


class SoundSection(_Section):
    """[alarms.sound]: how an escalated alert sounds on stations it was sent to: again every `every_s` seconds."""

    every_s: float = Field(5.0, ge=2, le=60)


class LogbookSection(_Section):
    """[alarms.logbook]: destinations (kinds elog, mail, files, or a plug-in) that people make entries in."""

    to: tuple[Name, ...] = ()


class EpicsSection(_Section):
    """[alarms.epics]: process variables served by this station by Channel Access, all beginning with `prefix`.

    "" for none. On one station of the hall only. `interface` is the address it listens on ("0.0.0.0": all of them),
    `port` 0 the usual 5064. Values of a plot that came `stale_after_s` ago are INVALID; so is everything while the
    application cannot see. With `acknowledge` clients may acknowledge alerts: Channel Access proves nobody's
    name.
    """

    prefix: str = Field("", pattern=r"^[A-Za-z0-9_:.-]{0,40}$")
    interface: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65535)
    stale_after_s: float = Field(600.0, gt=0)
    acknowledge: bool = False


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name or "UTC")
    except (OSError, ValueError, KeyError) as error:
        raise ValueError("is no time zone; accepted are names such as America/New_York") from error
    return name


class AlarmsSection(_Section):
    """[alarms]: where alerts go besides the screen; see docs/alerts-elsewhere.md.

    `station_role` is what this station's window is, such as "control-room". `time_zone` is the hall's ("" for this
    machine's), `day` when its day begins and ends. A destination is told at most once in `pause_s` seconds, of all
    that came meanwhile. `run_type_file` holds one word, the type of the run.
    """

    station_role: str = Field("", max_length=64)
    time_zone: Annotated[str, AfterValidator(_known_zone)] = ""
    day: tuple[time, time] = (time(7), time(19))
    pause_s: float = Field(60.0, ge=0, le=3600)
    run_type_file: Path | None = None
    mail: MailSection = Field(default_factory=MailSection)
    destinations: dict[Name, DestinationSection] = Field(default_factory=dict)
    routes: tuple[RouteSection, ...] = ()
    quiet: tuple[QuietSection, ...] = ()
    sound: SoundSection = Field(default_factory=SoundSection)
    logbook: LogbookSection = Field(default_factory=LogbookSection)
    epics: EpicsSection = Field(default_factory=EpicsSection)

    @model_validator(mode="after")
    def _names_are_known(self) -> AlarmsSection:
        wanted = {name: f"route {route.name}" for route in self.routes for tier in route.to for name in tier}
        wanted |= dict.fromkeys(self.logbook.to, "logbook")
        for name, where in wanted.items():
            if name not in self.destinations:
                known = ", ".join(self.destinations) or "none"
                raise ValueError(f"{where} leads to {name!r}, which is no destination; there are: {known}")
        if any(self.destinations[name].kind == "mail" for name in wanted) and not self.mail.server:
            raise ValueError("mail is to be sent, but [alarms.mail] names no server")
        if len({route.name for route in self.routes}) < len(self.routes):
            raise ValueError("two routes have the same name; each needs one of its own")
        unfit = [name for name in self.logbook.to if self.destinations[name].kind in ("webhook", "stations")]
        if unfit:
            raise ValueError(f"logbook: {unfit[0]!r} is no logbook; kinds that are: {', '.join(LOGBOOKS)}, plug-ins")
        return self
