"""`hydra-gui classify --all`: a model judges the whole archive of its plot type, here or on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hydra_gui.cli.errors import UsageError
from hydra_gui.cli.session import Session
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from backend.services.reprocessing import Campaign

_SHOWN = 20


def reprocess(session: Session, model: str | None, executor: str | None) -> bool:
    """Run a campaign and report it; returns whether every plot was judged."""
    from backend.engine.parts import image_limits
    from backend.services.reprocessing import Reprocessing, workforce_for

    if model is None or not model.isdigit():
        raise UsageError("--all needs --model with the number of a registered model; see `hydra-gui models list`.")
    settings = session.settings_with({"inference": {"executor": executor}})
    section = settings.inference
    with session.open_store() as store, _Display(session) as display:
        info = store.models.get(int(model))
        with workforce_for(section.executor, store, info, section, image_limits(settings)) as workforce:
            done = Reprocessing(store, info, workforce, section.batch, display.show).run()
    _report(session, done)
    return not done.skipped


class _Display:
    """A progress bar; when it is cut short, it says what is kept."""

    def __init__(self, session: Session) -> None:
        columns = (
            TextColumn("judging again"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:.0f} images/s"), TimeRemainingColumn(),
        )  # fmt: skip
        self._progress = Progress(*columns, console=session.console, transient=True, disable=session.json)
        self._task = self._progress.add_task("", total=None, rate=0.0)
        self._session = session
        self._campaign: Campaign | None = None

    def __enter__(self) -> _Display:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._progress.stop()
        if kind is not None and self._campaign is not None:
            kept = f"{self._campaign.judged} of {self._campaign.total} plots were judged and are kept."
            self._session.say(f"{kept} Begin again, and the rest is done.")

    def show(self, campaign: Campaign) -> None:
        """Take over where the campaign is."""
        self._campaign = campaign
        done = campaign.judged + len(campaign.skipped)
        self._progress.update(self._task, total=campaign.total, completed=done, rate=campaign.rate)


def _report(session: Session, done: Campaign) -> None:
    if session.json:
        session.emit(
            {
                "model": done.model_id,
                "plot_type": done.plot_type,
                "judged": done.judged,
                "judged_before": done.before,
                "skipped": [{"plot": item.plot_id, "reason": item.reason} for item in done.skipped],
                "by_classification": dict(done.verdicts),
                "seconds": round(done.seconds, 3),
                "images_per_second": round(done.rate, 2),
            }
        )
        return
    counted = ", ".join(f"{count} {name}" for name, count in done.verdicts.most_common()) or "nothing new"
    session.say(
        f"{done.plot_type}: {done.judged} plots judged by model {done.model_id} ({counted}), {done.before} were judged "
        f"before; {done.seconds:.0f} s, {done.rate:.0f} images/s"
    )
    if done.skipped:
        session.say(f"{len(done.skipped)} plots were not judged:")
        session.say(table(("plot", "why"), [(item.plot_id, item.reason) for item in done.skipped[:_SHOWN]]))
