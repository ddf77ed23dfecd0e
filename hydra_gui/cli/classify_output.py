"""Verdicts for files as a table, as JSON, or as JUnit XML for continuous integration."""

from __future__ import annotations

import os
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from hydra_gui.cli.session import Session
from hydra_gui.cli.tables import SEVERITY_STYLE, table

if TYPE_CHECKING:
    from backend.services.classify import FileVerdict


def show(session: Session, results: Sequence[FileVerdict], output: str) -> None:
    """Write all results as "table", "json" or "junit"."""
    if output == "json":
        session.emit([as_fields(result) for result in results])
    elif output == "junit":
        sys.stdout.write(as_junit(results) + "\n")
    else:
        _show_table(session, results)


def as_fields(result: FileVerdict) -> dict[str, object]:
    """One result as JSON has it; `classification` is null where there is no verdict and `trouble` says why."""
    verdict = result.verdict
    return {
        "path": str(result.path),
        "plot_type": result.plot_type,
        "classification": verdict.classification if verdict else None,
        "severity": verdict.severity.word if verdict else None,
        "confidence": round(verdict.confidence, 6) if verdict else None,
        "confirmed": verdict.confirmed if verdict else None,
        "probabilities": {label: round(value, 6) for label, value in result.probabilities},
        "milliseconds": round(result.milliseconds, 3),
        "trouble": result.trouble,
        "map_file": str(result.map_file) if result.map_file else None,
    }


def as_junit(results: Sequence[FileVerdict]) -> str:
    """A test suite of one case per file: an alarming verdict is a failure, a file without verdict an error."""
    suite = ET.Element("testsuite", name="hydra-gui classify", tests=str(len(results)))
    failures = errors = 0
    for result in results:
        seconds = f"{result.milliseconds / 1e3:.4f}"
        case = ET.SubElement(suite, "testcase", classname=result.plot_type, name=str(result.path), time=seconds)
        if result.verdict is None:
            errors += 1
            ET.SubElement(case, "error", message=result.trouble)
        elif result.verdict.alarms:
            failures += 1
            ET.SubElement(case, "failure", message=_words(result))
        else:
            ET.SubElement(case, "system-out").text = _words(result)
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _words(result: FileVerdict) -> str:
    verdict = result.verdict
    if verdict is None:
        return result.trouble
    return f"{verdict.classification} {verdict.confidence:.1%}" + ("" if verdict.confirmed else " (unconfirmed)")


def _show_table(session: Session, results: Sequence[FileVerdict]) -> None:
    shared = _shared_folder(results)
    rows = [(_below(result.path, shared), result.plot_type, *_cells(result)) for result in results]
    session.say(table(("file", "plot type", "verdict", "confidence"), rows, right=("confidence",)))
    counted = Counter(result.verdict.classification if result.verdict else "not judged" for result in results)
    words = ", ".join(f"{count} {name}" for name, count in counted.most_common())
    milliseconds = sum(result.milliseconds for result in results) / len(results)
    session.say(f"{len(results)} files: {words}; {milliseconds:.1f} ms per file")
    for result in results:
        if result.verdict and result.trouble:
            session.say(Text(f"{_below(result.path, shared)}: {result.trouble}", style="magenta"))


def _shared_folder(results: Sequence[FileVerdict]) -> Path:
    return Path(os.path.commonpath([result.path.absolute().parent for result in results]))


def _below(path: Path, folder: Path) -> str:
    return str(path.absolute().relative_to(folder))


def _cells(result: FileVerdict) -> tuple[Text, str]:
    verdict = result.verdict
    if verdict is None:
        return Text(result.trouble, style="magenta"), ""
    doubt = "" if verdict.confirmed else "?"
    return Text(verdict.classification + doubt, style=SEVERITY_STYLE[verdict.severity]), f"{verdict.confidence:.1%}"
