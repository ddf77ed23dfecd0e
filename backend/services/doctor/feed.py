"""Checks of what comes in: the input directory and the beam."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from backend.config import Settings
from backend.domain.beam import BeamState
from backend.domain.errors import FeedSetupError
from backend.domain.intake import AfterIntake
from backend.engine.feed_runner import check_receiver
from backend.feed.beam import FileBeamSource
from backend.feed.zeromq.keys import AllowedKeys
from backend.services.doctor.findings import Finding, failed, ok, warning

_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "lustre", "gpfs", "beegfs", "ceph", "afs")
_FEW_WATCHES = 8192
_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")


def check_input(settings: Settings) -> Iterator[Finding]:
    """Whether plots can be read from the watched folder and treated afterwards as configured."""
    folder = settings.input.directory
    if folder is None and settings.feed.zeromq.listen:
        return
    if folder is None:
        remedy = "Choose it in the window, or set directory in the [input] section of the configuration."
        yield warning("input", "no folder is watched", remedy)
        return
    if not folder.is_dir():
        yield failed("input", f"{folder} is not a folder", "Create it, mount it, or correct [input] directory.")
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        yield failed("input", f"{folder} cannot be read", "Give this account the right to read it.")
        return
    yield _kind(folder)
    if settings.input.after is not AfterIntake.LEAVE and not os.access(folder, os.W_OK):
        detail = f'after = "{settings.input.after}", but files in {folder} cannot be removed'
        yield failed("input", detail, 'Give this account the right to write there, or set after = "leave".')
    yield from _watches()


def check_network(settings: Settings) -> Iterator[Finding]:
    """Whether senders can be let in where the network is listened to."""
    section = settings.feed.zeromq
    if not section.listen:
        return
    try:
        check_receiver(settings)
    except FeedSetupError as error:
        yield failed("network", str(error), "Do what the message says, and start the engine again.")
        return
    where = ", ".join(section.listen)
    if section.clients is None:
        yield ok("network", f"{where}, from this machine only")
        return
    allowed = AllowedKeys(section.clients)
    allowed.refresh()
    if not len(allowed):
        remedy = f"Put the public keys of the senders into {section.clients}."
        yield warning("network", f"{where}, but no sender is allowed", remedy)
    else:
        yield ok("network", f"{where}, {len(allowed)} senders are allowed")


def _kind(folder: Path) -> Finding:
    kind = file_system_of(folder)
    if kind in _NETWORK:
        remedy = "Nothing need be done; set poll_s in the [input] section to choose how often."
        return warning("input", f"{folder} is on {kind}, where changes are not announced: it is polled", remedy)
    return ok("input", f"{folder} ({kind or 'unknown file system'})")


def file_system_of(folder: Path) -> str:
    """The type of the file system that holds `folder`, "" where it cannot be told."""
    try:
        lines = Path("/proc/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    mounts = [(parts[1].replace("\\040", " "), parts[2]) for parts in map(str.split, lines) if len(parts) > 2]
    path = folder.resolve()
    holding = [(point, kind) for point, kind in mounts if path.is_relative_to(point)]
    return max(holding, key=lambda mount: len(mount[0]), default=("", ""))[1]


def _watches() -> Iterator[Finding]:
    try:
        allowed = int(_WATCHES.read_text())
    except (OSError, ValueError):
        return
    if allowed < _FEW_WATCHES:
        remedy = "The administrator may raise it: sysctl fs.inotify.max_user_watches=65536. Until then it polls."
        yield warning("input", f"only {allowed} folders can be watched by this account", remedy)


def check_beam(settings: Settings) -> Iterator[Finding]:
    """Whether the beam can be read; an unknown beam never hides an alarm."""
    section = settings.beam
    if section.file is None:
        remedy = "Set file in the [beam] section, so that nothing alarms without beam."
        yield warning("beam", "no beam source is configured; alarms count as if there were beam", remedy)
        return
    beam = FileBeamSource(section.file, section.threshold, section.unit, section.stale_after_s).read()
    if beam.state is BeamState.UNKNOWN:
        yield failed("beam", beam.reason, "Check what writes this file; until then alarms count.")
    else:
        yield ok("beam", f"{beam.value:g} {beam.unit}, {beam.state}")
