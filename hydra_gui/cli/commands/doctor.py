"""`hydra-gui doctor`."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.text import Text

from hydra_gui.cli.errors import ExitCode
from hydra_gui.cli.program import app
from hydra_gui.cli.session import Session

_MARKS = {"ok": ("✓", "green"), "warning": ("◆", "yellow"), "failed": ("▲", "bold red")}


@app.command()
def doctor(context: typer.Context) -> None:
    """Check installation, graphics, database, feed and models; say what is wrong and how to mend it."""
    from backend.services.doctor import Finding, Outcome, examine

    session: Session = context.obj

    def show(finding: Finding) -> None:
        mark, style = _MARKS[finding.outcome]
        session.say(Text.assemble((f"{mark} {finding.subject:<13}", style), finding.detail))
        if finding.remedy:
            session.say(Text(f"{'':16}→ {finding.remedy}", style="dim"))

    findings = []
    for finding in examine(session.settings):
        findings.append(finding)
        show(finding)
    bad = sum(finding.outcome is Outcome.FAILED for finding in findings)
    if session.json:
        session.emit({"healthy": bad == 0, "findings": [asdict(finding) for finding in findings]})
    session.say("Everything needed works." if not bad else f"{bad} of {len(findings)} checks failed.")
    if bad:
        raise typer.Exit(ExitCode.PROBLEMS)
