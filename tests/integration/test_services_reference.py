"""Models of the reference engine outside the engine: files, bundles from outside, archives judged again, the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.config import InferenceSection
from backend.domain.errors import BundleError
from backend.domain.intake import NewPlot
from backend.domain.plots import PlotIdentity
from backend.feed.images import ImageLimits
from backend.inference.bundles import pack
from backend.services import model_choice
from backend.services.bundles import import_bundle
from backend.services.classify import FileClassifier
from backend.services.map_files import MapFiles
from backend.services.reprocessing import Reprocessing, workforce_for
from backend.store import Store
from tests.fakes.reference import CRASH, coloured, plain_engine, reference_bundle
from tests.samples import OWNER, judged, put_in_force

TYPE = "CDC_occupancy"


@pytest.fixture
def section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InferenceSection:
    """A configuration whose reference engine runs small networks."""
    monkeypatch.setattr(model_choice, "reference_engine", lambda _: plain_engine(tmp_path))
    return InferenceSection(cache_dir=tmp_path / "cache", threads=2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path / "data") as opened:
        yield opened


def image_bytes(first: tuple[int, int, int], number: int) -> bytes:
    image = coloured(first, 220 if number % 2 else 30)
    image[1, 0] = (number, 0, 0)
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def keep(store: Store, images: list[bytes]) -> None:
    """Plots that another model judged when they came."""
    moment = datetime.now(UTC)
    plots = [
        NewPlot(PlotIdentity(TYPE, 42, chunk), data, sha256(data).hexdigest(), 64, 64, moment, moment)
        for chunk, data in enumerate(images)
    ]
    stored = [kept.plot for kept in store.intake.commit(plots, OWNER, 60)]
    store.verdicts.record([judged(plot, put_in_force(store, TYPE)) for plot in stored], OWNER)


def test_that_files_are_judged_and_one_that_crashes_the_worker_says_so(tmp_path, section):
    bundle = reference_bundle(tmp_path / "made", TYPE)
    files = [tmp_path / f"{TYPE}_{number:04d}.png" for number in range(6)]
    for number, file in enumerate(files):
        file.write_bytes(image_bytes(CRASH if number == 3 else (1, 2, 3), number))
    with model_choice.bundle_of_file(bundle.path, section) as choice:
        found = list(FileClassifier(choice, {}, threads=2, batch=6).run(files))
    assert [one.verdict and one.verdict.classification for one in found] == ["Bad", "Good", "Bad", None, "Bad", "Good"]
    assert "ended by SIGABRT whenever it looks at this plot" in found[3].trouble


def test_that_a_bundle_from_outside_is_tried_out_in_the_worker_before_it_is_taken_in(tmp_path, section, store):
    bundle = reference_bundle(tmp_path / "made", TYPE)
    with model_choice.reference_of(section) as reference:
        number, _ = import_bundle(store, bundle.path, "tests", reference=reference)
        assert reference.starts == 1
    assert store.models.get(number).plot_type == TYPE
    broken = reference_bundle(tmp_path / "broken" / "made", "FDC_cathodes")
    packed = tmp_path / "broken.zip"
    packed.write_bytes(pack(broken.path))
    with pytest.raises(BundleError, match=r"not taken in\. The model runs in the reference engine only"):
        import_bundle(store, packed, "tests")
    assert [info.plot_type for info in store.models.all()] == [TYPE]


def test_that_an_archive_is_judged_again_and_a_plot_that_crashes_the_worker_is_skipped(tmp_path, section, store):
    bundle = reference_bundle(tmp_path / "made", TYPE)
    number = store.models.register((bundle.path / "manifest.json").read_text(), pack(bundle.path), "tests")
    keep(store, [image_bytes(CRASH if chunk == 5 else (1, 2, 3), chunk) for chunk in range(8)])
    info = store.models.get(number)
    with workforce_for("threads", store, info, section, ImageLimits()) as workforce:
        campaign = Reprocessing(store, info, workforce, batch=4).run()
    assert campaign.judged == 7
    assert campaign.verdicts == {"Bad": 4, "Good": 3}
    (skipped,) = campaign.skipped
    assert "whenever it looks at this plot" in skipped.reason


def test_that_exact_maps_of_files_are_written_as_pictures_as_large_as_the_plot(tmp_path, section):
    bundle = reference_bundle(tmp_path / "made", TYPE)
    image = np.full((64, 64, 3), 250, np.uint8)
    image[:, :32] = 0
    image[:, :48:2] = 0
    large, text = tmp_path / f"{TYPE}_0001.png", tmp_path / "text.png"
    Image.fromarray(image).resize((160, 120)).save(large)
    text.write_text("text")
    with model_choice.reference_of(section) as reference:
        with model_choice.bundle_of_file(bundle.path, section, reference) as choice:
            results = list(FileClassifier(choice, {}, threads=1).run([large, text]))
            files = MapFiles(tmp_path / "maps", choice, reference, "block 2/out", ImageLimits())
            drawn, without = (files.add(result) for result in results)
            nowhere = MapFiles(tmp_path / "maps", choice, reference, "nowhere", ImageLimits()).add(results[0])
        assert reference.starts == 1
    assert drawn.verdict.classification == "Bad"
    assert drawn.map_file == tmp_path / "maps" / f"{TYPE}_0001.block_2_out.png"
    with Image.open(drawn.map_file) as picture:
        assert (picture.size, picture.mode) == ((160, 120), "L")
        assert np.asarray(picture)[60, 5] == 255 > np.asarray(picture)[60, 155]
    assert without is results[1]
    assert nowhere.map_file is None
    assert nowhere.verdict is not None
    assert nowhere.trouble == "no exact map: The model has no layer 'nowhere'."
