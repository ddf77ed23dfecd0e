"""Compiled networks on disk, so that a model is compiled once per machine and not at every start.

OpenVINO's own cache does not notice when its files are damaged, and would judge plots with damaged weights; here each
file begins with the SHA-256 of the rest, and one that does not match is as good as none.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from pathlib import Path

from backend.inference.pruning import keep_newest

log = logging.getLogger(__name__)

_HASH_BYTES = hashlib.sha256().digest_size
_TOTAL_BYTES = 4 * 2**30


class CompiledCache:
    """Bytes by key in `directory`, which may be shared by any number of threads and processes, or not be writable."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, key: str) -> bytes | None:
        """What was put under `key`, None where there is nothing sound."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        data = content[_HASH_BYTES:]
        return data if hashlib.sha256(data).digest() == content[:_HASH_BYTES] else None

    def put(self, key: str, data: bytes) -> None:
        """Keep `data`; where the disk does not allow it, the next start is slower and nothing else."""
        try:
            self._write(self._path(key), hashlib.sha256(data).digest() + data)
            keep_newest(self._directory, _TOTAL_BYTES)
        except OSError as error:
            log.warning("a compiled model cannot be kept in %s (%s); starts will be slower", self._directory, error)

    def _write(self, path: Path, content: bytes) -> None:
        """Under another name first: readers never see a half of it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".writing-", delete=False) as file:
            written = Path(file.name)
            try:
                file.write(content)
                file.close()
                written.replace(path)
            except OSError:
                written.unlink(missing_ok=True)
                raise

    def _path(self, key: str) -> Path:
        return self._directory / f"{hashlib.sha256(key.encode()).hexdigest()}.compiled"
