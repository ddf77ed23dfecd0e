"""From labelled plots to a data set on disk."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from backend.domain.errors import TrainingError
from backend.inference.manifest import InputSpec
from backend.inference.preprocessing import prepare
from backend.training.datasets import Sample, read_dataset, read_summary, write_dataset

SPEC = InputSpec(height=24, width=32, channels=3)


def picture(seed):
    return np.random.default_rng(seed).integers(0, 256, (60, 80, 3), np.uint8)


def png(array):
    buffer = BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def two_labels(count=12):
    return [Sample(picture(i), "Bad" if i % 3 == 0 else "Good", i + 1) for i in range(count)]


def test_that_what_is_written_is_what_is_read(tmp_path):
    samples = two_labels()
    summary = write_dataset(samples, SPEC, tmp_path)
    data = read_dataset(tmp_path)
    assert data.summary == summary == read_summary(tmp_path)
    assert data.images.shape == (12, 24, 32, 3)
    for place, sample in enumerate(samples):
        assert (data.images[place] == prepare(sample.data, SPEC)).all()
        assert summary.labels[data.classes[place]] == sample.label
        assert data.runs[place] == sample.run
    assert summary.train + summary.validate == 12
    assert summary.validate == data.validates.sum()


def test_that_bytes_of_a_file_give_the_same_data_set_as_its_pixels(tmp_path):
    samples = two_labels()
    one = write_dataset(samples, SPEC, tmp_path / "pixels")
    files = [Sample(png(s.data), s.label, s.run) for s in samples]
    assert write_dataset(files, SPEC, tmp_path / "files").data_sha256 == one.data_sha256


@pytest.mark.parametrize("change", ["pixel", "label", "run", "weight", "seed"])
def test_that_the_digest_follows_from_everything_that_training_sees(tmp_path, change):
    before = write_dataset(two_labels(), SPEC, tmp_path / "before")
    samples = two_labels()
    first = samples[0]
    if change == "pixel":
        pixels = first.data.copy()
        pixels[:30] ^= 255
        samples[0] = Sample(pixels, first.label, first.run)
    if change == "label":
        samples[0] = Sample(first.data, "Good", first.run)
    if change == "run":
        samples[0] = Sample(first.data, first.label, 99)
    if change == "weight":
        samples[0] = Sample(first.data, first.label, first.run, weight=2)
    after = write_dataset(samples, SPEC, tmp_path / "after", seed=7 if change == "seed" else 0)
    assert after.data_sha256 != before.data_sha256


def test_that_good_comes_first_and_the_rest_in_order(tmp_path):
    samples = [Sample(picture(i), label, i + 1) for i, label in enumerate(["LED", "Good", "Bad", "Cosmic"] * 3)]
    assert write_dataset(samples, SPEC, tmp_path).labels == ("Good", "Bad", "Cosmic", "LED")


def test_that_everything_left_out_is_reported_with_its_reason(tmp_path):
    samples = [
        *two_labels(),
        Sample(picture(50), "Ignore", 50),
        Sample(picture(51), "LED", 51),
        Sample(picture(52), "Good", 52, weight=0),
        Sample(b"no image at all", "Good", 53),
        Sample(b"", "Bad", 54),
        Sample(picture(55), "Good", 55, synthetic=True, forced="validate"),
    ]
    summary = write_dataset(samples, SPEC, tmp_path)
    found = {(item.label, item.count): item.reason for item in summary.left_out}
    assert "ignored" in found["Ignore", 1]
    assert "fewer than 2" in found["LED", 1]
    assert len(summary.left_out) == 6
    assert sum(count.total for count in summary.counts) == 12
    assert summary.labels == ("Good", "Bad")


def test_that_synthetic_plots_are_counted_apart(tmp_path):
    samples = two_labels() + [Sample(picture(60 + i), "Bad", 0, synthetic=True) for i in range(5)]
    summary = write_dataset(samples, SPEC, tmp_path)
    counts = {count.label: count for count in summary.counts}
    assert counts["Bad"].synthetic == 5
    assert counts["Good"].synthetic == 0
    data = read_dataset(tmp_path)
    assert not (data.validates & data.synthetic).any()


def test_that_one_label_alone_is_refused_with_what_to_do(tmp_path):
    samples = [Sample(picture(i), "Good", i + 1) for i in range(5)] + [Sample(picture(9), "Bad", 9)]
    with pytest.raises(TrainingError, match=r"only Good.*Left out: 1 × Bad.*Label more plots"):
        write_dataset(samples, SPEC, tmp_path)


def test_that_a_data_set_without_validation_is_refused(tmp_path):
    samples = [Sample(s.data, s.label, s.run, forced="train") for s in two_labels()]
    with pytest.raises(TrainingError, match="leave some plots unforced"):
        write_dataset(samples, SPEC, tmp_path)


def test_that_a_folder_that_holds_no_data_set_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="cannot be read"):
        read_dataset(tmp_path)
    write_dataset(two_labels(), SPEC, tmp_path / "cut")
    images = tmp_path / "cut" / "images.npy"
    images.write_bytes(images.read_bytes()[:500])
    with pytest.raises(TrainingError, match="cannot be read"):
        read_dataset(tmp_path / "cut")


def test_that_progress_counts_every_plot(tmp_path):
    seen = []
    write_dataset(two_labels(), SPEC, tmp_path, progress=seen.append)
    assert seen == list(range(1, 13))
