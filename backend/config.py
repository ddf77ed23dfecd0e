"""Configuration: defaults, then the TOML file, then HYDRA_… variables, then the command line.

`load` is the only way in. Every section is immutable; an unknown key or a bad value is a `ConfigurationError`
that names the file, the key and what is accepted.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from backend.config_alarms import AlarmsSection
from backend.domain.errors import HydraError
from backend.domain.intake import AfterIntake
from backend.domain.retention import Retention
from backend.feed.zeromq.addresses import parse_address

APP = "hydra-gui"
_NOT_SHOWN = frozenset({"store", "store.url"})
"""Keys whose wrong values may hold a password."""

_DEVICE = re.compile(r"CPU|AUTO|(GPU|NPU)(\.\d+)?")


class ConfigurationError(HydraError):
    """The configuration cannot be used; the message names file, key and accepted values."""


class _Section(BaseModel):
    # Values stay out of the library's own messages: one of them may be a URL with a password.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ExperimentSection(_Section):
    """[experiment]"""

    name: str = "Hydra"


class InputSection(_Section):
    """[input]: the watched directory. Times in seconds, sizes in pixels and bytes."""

    directory: Path | None = None
    after: AfterIntake = AfterIntake.LEAVE
    moved_to: Path | None = None
    watch: bool = True
    poll_s: float = Field(5.0, gt=0, le=3600)
    settle_s: float = Field(1.0, ge=0, le=600)
    max_pixels: int = Field(40_000_000, ge=1)
    max_bytes: int = Field(64 * 2**20, ge=1)
    stale_after_s: float = Field(600.0, gt=0)


def _as_list(value: object) -> object:
    """Several addresses may stand in one variable, separated by commas or as JSON."""
    if not isinstance(value, str):
        return value
    if value.startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


def _known_address(text: str) -> str:
    parse_address(text)
    return text


Addresses = Annotated[tuple[Annotated[str, AfterValidator(_known_address)], ...], NoDecode, BeforeValidator(_as_list)]


class ZeroMqSection(_Section):
    """[feed.zeromq]: addresses on which plots are taken from senders, `tcp://HOST:PORT` each; none means no such feed.

    Beyond loopback senders must be known: `key` is the private key file of this receiver, `clients` a folder of the
    public keys that may connect. `window` plots and `window_bytes` bytes may be under way, of all senders together.
    """

    listen: Addresses = ()
    key: Path | None = None
    clients: Path | None = None
    window: int = Field(64, ge=1, le=10_000)
    window_bytes: int = Field(128 * 2**20, ge=1)

    @model_validator(mode="after")
    def _keys_come_together(self) -> ZeroMqSection:
        if (self.key is None) != (self.clients is None):
            raise ValueError(f"key and clients are given together, or neither of them; {_MAKE_KEYS}")
        exposed = [text for text in self.listen if not parse_address(text).is_loopback]
        if exposed and self.key is None:
            raise ValueError(
                f"{exposed[0]} can be reached over the network, so senders must be known by their keys: set key and "
                f"clients, or listen on 127.0.0.1 only; {_MAKE_KEYS}"
            )
        return self


_MAKE_KEYS = "make keys with: hydra-gui feed keygen NAME"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("accepted are names such as UTC or America/New_York") from error
    return name


class HydraSection(_Section):
    """[feed.hydra]: a Hydra that runs beside this program; what it says of a plot is shown beside our verdict.

    `connect` are the addresses at which its predict processes publish, `tcp://HOST:PORT`; none means that nobody is
    listened to. `plot_types` are names by its numbers, for reports that name no image; its times are in `timezone`.
    """

    connect: Addresses = ()
    name: str = Field("Hydra", min_length=1, max_length=64)
    plot_types: dict[str, str] = Field(default_factory=dict)
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"

    @model_validator(mode="after")
    def _numbers_are_numbers(self) -> HydraSection:
        wrong = [key for key in self.plot_types if not (key.isascii() and key.isdigit() and len(key) < 19)]
        if wrong:
            raise ValueError(f'plot_types: {wrong[0]!r} is no number; write 12 = "CDC_occupancy"')
        return self

    @property
    def names(self) -> dict[int, str]:
        """Plot types by number."""
        return {int(number): name for number, name in self.plot_types.items()}


class FeedSection(_Section):
    """[feed]: plots, and what others think of them, from elsewhere than the watched directory."""

    zeromq: ZeroMqSection = Field(default_factory=ZeroMqSection)
    hydra: HydraSection = Field(default_factory=HydraSection)


def _data_dir() -> Path:
    return Path(platformdirs.user_data_dir(APP))


class TlsMode(StrEnum):
    """When the way to the database server must be encrypted: beyond this machine, always, or never."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class TlsSection(_Section):
    """[store.tls]: the server is verified against `ca`, or against the authorities this machine trusts.

    `cert` and `key` say who this station is, where the server wants to know. `mode` "auto" demands TLS beyond loopback;
    "never" is for tunnels that encrypt by themselves.
    """

    mode: TlsMode = TlsMode.AUTO
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


def _without_password(url: str) -> str:
    if url and not url.startswith("sqlite:"):
        from backend.store.connecting import WAY_OUT, holds_password  # other databases cost their import anyway

        if holds_password(url):
            raise ValueError(f"the URL holds a password, which would end up in logs and process lists. {WAY_OUT}")
    return url


class StoreSection(_Section):
    """[store]: SQLAlchemy URL without a password (see `hydra-gui db login`); empty: SQLite in the data directory.

    `failover` are further addresses of the same server, "HOST:PORT", tried where the one before does not answer.
    """

    url: Annotated[str, AfterValidator(_without_password)] = ""
    failover: tuple[str, ...] = ()
    data_dir: Path = Field(default_factory=_data_dir)
    blobs: Path | None = None
    tls: TlsSection = Field(default_factory=TlsSection)

    @property
    def effective_url(self) -> str:
        """`url`, or the embedded default."""
        return self.url or f"sqlite:///{self.data_dir / 'hydra.db'}"


def _cores() -> int:
    """The cores this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _known_device(name: str) -> str:
    if not _DEVICE.fullmatch(name):
        raise ValueError("accepted are CPU, GPU, NPU, one of several (GPU.1), and AUTO for the best there is")
    return name


class InferenceSection(_Section):
    """[inference]: `device` is CPU, GPU, NPU, or AUTO for the best there is.

    `threads` 0 leaves one core for the window and takes all without one. A batch is at most `batch` plots, and no more
    than take `latency_ms` milliseconds. `cache_dir` holds compiled models. `executor` is where an archive is judged
    again: "threads", or a Dask scheduler, "dask://host:8786". The worker process of the reference engine is started
    anew when it holds more than `worker_memory_mb` megabytes, and ends after `worker_idle_s` seconds without work.
    """

    device: Annotated[str, AfterValidator(_known_device)] = "CPU"
    executor: str = Field("threads", pattern=r"^(threads|dask://\S+)$")
    threads: int = Field(0, ge=0, le=256)
    batch: int = Field(16, ge=1, le=256)
    latency_ms: float = Field(250.0, gt=0, le=60_000)
    cache_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_cache_dir(APP)))
    worker_memory_mb: int = Field(4096, ge=256)
    worker_idle_s: float = Field(600.0, gt=0)

    @property
    def effective_threads(self) -> int:
        """Worker threads for decoding and inference beside a window, at least 1."""
        return self.threads or max(1, _cores() - 1)

    @property
    def without_window(self) -> InferenceSection:
        """The same where there is no window to be kept fluent: every core works."""
        return self.model_copy(update={"threads": self.threads or _cores()})


PublicKey = Annotated[str, StringConstraints(pattern=r"^ed25519:[A-Za-z0-9+/]{43}=$")]


class ModelsSection(_Section):
    """[models]: the key file `signing_key` signs exports; given `trusted_keys`, only what they signed comes in."""

    signing_key: Path | None = None
    trusted_keys: tuple[PublicKey, ...] = ()


class BeamSection(_Section):
    """[beam]: a text file holding one number, read every `poll_s` seconds; no file means unknown beam."""

    file: Path | None = None
    threshold: float = 1.0
    unit: str = "nA"
    poll_s: float = Field(1.0, gt=0)
    stale_after_s: float = Field(60.0, gt=0)


class StationSection(_Section):
    """[station]: this running instance among others. `lease_s` seconds after it died, others take its work over."""

    name: str = Field(default_factory=lambda: os.uname().nodename)
    lease_s: float = Field(7.5, ge=2, le=600)


class EngineSection(_Section):
    """[engine]: whether this station `judges`; one that does not shows, or takes in, what others judge.

    Plots that came more than `max_age_s` seconds ago when their turn comes are skipped, and counted; 0: none ever is.
    """

    judges: bool = True
    max_age_s: float = Field(0.0, ge=0)


class RetentionSection(_Section):
    """[retention]: images of harmless plots expire after `images_days` days; 0: none ever does.

    Harmless is what every model found normal and was sure of, nobody labelled, and no alert has to do with. A `share`
    of these images stays all the same, as an unbiased sample. Verdicts, predictions, labels and alerts never expire.
    One engine at a time does it, every `every_hours` hours; its account needs the role keeper as well.
    """

    images_days: float = Field(0.0, ge=0)
    share: float = Field(0.02, ge=0, le=1)
    every_hours: float = Field(24.0, gt=0)

    @property
    def policy(self) -> Retention:
        """As a value."""
        return Retention(self.images_days, self.share)


class EventsSection(_Section):
    """[events]: where this station tells others at once what happens, a ZeroMQ address; "" for nowhere.

    Beyond this machine (`tcp://*:5571`) it needs `key`, the file of this station's CURVE key, and `clients`, a folder
    of the public keys of the other stations. They find it at `advertise`, by default its host name.
    """

    listen: str = Field("tcp://127.0.0.1:*", pattern=r"^(tcp://\S+:(\d+|\*))?$")
    advertise: str = ""
    key: Path | None = None
    clients: Path | None = None


class Settings(BaseSettings):
    """All of the configuration."""

    model_config = SettingsConfigDict(
        env_prefix="HYDRA_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        nested_model_default_partial_update=True,
    )

    experiment: ExperimentSection = Field(default_factory=ExperimentSection)
    input: InputSection = Field(default_factory=InputSection)
    feed: FeedSection = Field(default_factory=FeedSection)
    store: StoreSection = Field(default_factory=StoreSection)
    inference: InferenceSection = Field(default_factory=InferenceSection)
    models: ModelsSection = Field(default_factory=ModelsSection)
    beam: BeamSection = Field(default_factory=BeamSection)
    station: StationSection = Field(default_factory=StationSection)
    engine: EngineSection = Field(default_factory=EngineSection)
    events: EventsSection = Field(default_factory=EventsSection)
    retention: RetentionSection = Field(default_factory=RetentionSection)
    alarms: AlarmsSection = Field(default_factory=AlarmsSection)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment above what `load` passes in; `load` puts the command line on top itself."""
        return (env_settings, init_settings)


def default_file() -> Path:
    """Where the configuration is read from when none is named."""
    return Path(platformdirs.user_config_dir(APP)) / "hydra.toml"


def load(file: Path | None = None, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
    """Read the configuration; `overrides` are the command line's, as {section: {key: value}}.

    A named `file` must exist; the default one need not. Raises ConfigurationError.
    """
    path = file or default_file()
    found = _read(path, required=file is not None)
    unknown = [name for name in found if name not in Settings.model_fields]
    if unknown:  # before they are arguments: those of the library's own would not be refused
        accepted = ", ".join(Settings.model_fields)
        raise ConfigurationError(f"{path}: {unknown[0]}: unknown key; accepted are {accepted}.")
    try:
        settings = Settings(**found)
    except ValidationError as error:
        raise ConfigurationError(_explain(error, f"{path} or HYDRA_… variables")) from error
    return overridden(settings, overrides or {})


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        if required:
            raise ConfigurationError(f"{path} does not exist. Name an existing file with --config.") from error
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}. Mend the file or name another.") from error


def overridden(settings: Settings, overrides: Mapping[str, Mapping[str, Any]]) -> Settings:
    """The same with these values, as {section: {key: value}}; None changes nothing. Raises ConfigurationError."""
    changed = {}
    for name, values in overrides.items():
        section = getattr(settings, name)
        given = {key: value for key, value in values.items() if value is not None}
        try:
            changed[name] = type(section).model_validate(section.model_dump() | given)
        except ValidationError as error:
            raise ConfigurationError(_explain(error, "the command line", name)) from error
    return settings.model_copy(update=changed)


def _explain(error: ValidationError, source: str, *within: str) -> str:
    lines = []
    for item in error.errors():
        location = (*within, *item["loc"])
        key = ".".join(str(part) for part in location)
        if item["type"] == "extra_forbidden" and "password" in str(location[-1]).lower():
            lines.append(f"{key}: passwords have no place in the configuration; run `hydra-gui db login`")
        elif item["type"] == "extra_forbidden":
            lines.append(f"{key}: unknown key; accepted are {_accepted(location)}")
        elif key in _NOT_SHOWN or isinstance(item["input"], dict):  # a whole section may hold anything
            lines.append(f"{key}: {item['msg']}")
        else:
            lines.append(f"{key} = {item['input']!r}: {item['msg']}")
    return f"The configuration cannot be used ({source}).\n  " + "\n  ".join(lines)


def _accepted(location: tuple[int | str, ...]) -> str:
    model: type[BaseModel] = Settings
    for part in location[:-1]:
        if str(part) in model.model_fields:  # else the name or place of one section among several
            model = section_within(model.model_fields[str(part)].annotation) or model
    return ", ".join(model.model_fields)


def section_within(annotation: object) -> type[BaseModel] | None:
    """The section a key holds, one or several of; None where it holds plain values."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation if issubclass(annotation, BaseModel) else None
    return next(filter(None, map(section_within, get_args(annotation))), None)
