"""The Typer program: global options, the commands, and the way from an error to an exit code.

Commands import what they need when they run: `hydra-gui --help` and tab completion load no engine.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated

import typer

from hydra_gui.cli.errors import ExitCode, UsageError, guarded
from hydra_gui.cli.session import Session

_WITH_VALUE = ("--config", "--store", "--data-dir")
_FLAGS = ("--json",)

app = typer.Typer(
    name="hydra-gui",
    help="Neural networks watch the monitoring plots of a physics experiment. Without a command: the window.",
    no_args_is_help=False,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hydra-gui {_version()}")
        raise typer.Exit


def _version() -> str:
    try:
        return version_of("hydra-gui")
    except PackageNotFoundError:
        return "(not installed, run from its source tree)"


@app.callback(invoke_without_command=True)
def _global_options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="Configuration file (TOML).", metavar="FILE")] = None,
    store: Annotated[str | None, typer.Option(help="Database URL, without a password.", metavar="URL")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the embedded store.", metavar="DIR")] = None,
    watch: Annotated[Path | None, typer.Option(help="Folder to take plots from (window only).", metavar="DIR")] = None,
    watch_only: Annotated[
        bool,
        typer.Option("--watch-only", help="Only show what other stations judge (window only)."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    context.obj = Session(config, store, data_dir, as_json)
    if context.invoked_subcommand is None:
        from hydra_gui.cli import _open_window
        from hydra_gui.options import WindowOptions

        raise typer.Exit(_open_window(WindowOptions(config, store, data_dir, watch, watch_only)))


def global_options_first(arguments: Sequence[str]) -> list[str]:
    """Global options may stand anywhere on the line; the parser wants them before the command."""
    first: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            return [*first, *rest, argument, *waiting]
        if argument in _FLAGS or argument.startswith(tuple(f"{name}=" for name in _WITH_VALUE)):
            first.append(argument)
        elif argument in _WITH_VALUE and waiting:
            first += [argument, waiting.pop(0)]
        else:
            rest.append(argument)
    return first + rest


def run_command(arguments: Sequence[str]) -> int:
    """Parse and run; returns the exit code."""
    from hydra_gui.cli import commands  # noqa: F401 - registers every command with `app`

    ordered = global_options_first(arguments)
    return guarded(lambda: _invoke(ordered), as_json="--json" in ordered)


def _invoke(arguments: list[str]) -> int:
    try:
        result = app(arguments, prog_name="hydra-gui", standalone_mode=False)
    except typer.TyperException as error:
        raise UsageError(f"{error.format_message()} `hydra-gui --help` lists what there is.") from error
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    if result == ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(run_command(sys.argv[1:]))
