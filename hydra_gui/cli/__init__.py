"""The command line: `hydra-gui` is the window, `hydra-gui COMMAND` everything else.

This module decides between the two with next to nothing imported, so that the window is up within a second.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from hydra_gui.options import WindowOptions, window_options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments say; returns the exit code of `hydra_gui.cli.errors`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = window_options(given)
    if options is not None:
        return _open_window(options)
    from hydra_gui.cli.program import run_command

    return run_command(given)


def _open_window(options: WindowOptions) -> int:
    try:
        from hydra_gui.app import run
    except ModuleNotFoundError as error:
        if error.name not in ("PySide6", "qasync"):
            raise
        from hydra_gui.cli.errors import report_missing_window

        return report_missing_window(error)
    return run(options)
