"""`python -m tests.benchmarks [NAME …]`: each benchmark prints one line of JSON; without names all of them run.

A benchmark is a module of this folder with a function `run()`, which returns a `Result` or a dictionary of its fields.
Exit status 1 where a goal is missed.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import hydra_gui  # noqa: F401 - before NumPy, which takes its number of threads from the environment that this sets
from tests.benchmarks.result import Result

HERE = Path(__file__).parent
_NOT_BENCHMARKS = ("__init__", "__main__", "result")


def names() -> list[str]:
    """Every benchmark there is: public modules with a `run`."""
    modules = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in _NOT_BENCHMARKS)
    return [name for name in modules if not name.startswith("_") and "def run(" in (HERE / f"{name}.py").read_text()]


def main(wanted: Sequence[str]) -> int:
    """Run them one after the other; one that breaks does not keep the others from running."""
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        sys.stderr.write(f"no benchmark {', '.join(unknown)}; there are {', '.join(names())}\n")
        return 2
    return max([_one(name) for name in wanted or names()], default=0)


def _one(name: str) -> int:
    run: Callable[[], Result | dict[str, Any]] = import_module(f"tests.benchmarks.{name}").run
    try:
        result = run()
    except Exception:
        sys.stderr.write(f"benchmark {name} broke\n{traceback.format_exc()}")
        return 1
    fields = result.fields() if isinstance(result, Result) else result
    sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    return 0 if fields["holds"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
