"""Which file systems tell nobody of changes made on another machine. Blocking; Linux."""

from __future__ import annotations

import os
import re
from pathlib import Path

_NETWORK = re.compile(r"nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|lustre|gpfs|beegfs|glusterfs|orangefs|fuse(\..+)?")
_OCTAL = re.compile(r"\\([0-7]{3})")


def network_filesystem(path: str, mountinfo: Path = Path("/proc/self/mountinfo")) -> str:
    """The type of the file system `path` lies on if changes may be made to it elsewhere, otherwise ""."""
    best, kind = "", ""
    real = os.path.realpath(path)
    for point, filesystem in _mounts(mountinfo):
        inside = point == "/" or real == point or real.startswith(point + "/")
        if inside and len(point) >= len(best):
            best, kind = point, filesystem
    return kind if _NETWORK.fullmatch(kind) else ""


def _mounts(mountinfo: Path) -> list[tuple[str, str]]:
    """Mount points and types, in the order they were mounted: of two at one point the later hides the earlier."""
    try:
        lines = os.fsdecode(mountinfo.read_bytes()).splitlines()
    except OSError:
        return []
    mounts = []
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ")[0]
        if len(fields) > 4:
            mounts.append((_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4]), kind))
    return mounts
