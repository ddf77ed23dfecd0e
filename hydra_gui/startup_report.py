"""How long it took from the start of the process to a window that has been painted; for the `startup` benchmark."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

VARIABLE = "HYDRA_STARTUP_REPORT"


def process_age_ms() -> float:
    """Milliseconds since the kernel started this process, to its tick of 10 ms."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started_s = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return (time.clock_gettime(time.CLOCK_BOOTTIME) - started_s) * 1e3


def report_startup() -> None:
    """Write the time up to now, as JSON, into the file that the environment names, if it names one."""
    wanted = os.environ.get(VARIABLE)
    if wanted:
        partial = Path(f"{wanted}.partial")
        partial.write_text(json.dumps({"window_shown_ms": process_age_ms()}))
        partial.replace(wanted)
