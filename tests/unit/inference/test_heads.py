"""Heads: their arrays are checked before they are believed, and their maps are the closed form of their logits."""

import numpy as np
import pytest

from backend.domain.errors import BundleError
from backend.inference.backbones import read_backbone
from backend.inference.canonical_zip import read_zip, write_zip
from backend.inference.heads import Head, Usual, read_head, write_head
from backend.inference.manifest import HEAD_NAME, InputSpec
from tests.fakes.backbones import INPUT, head_of, make_backbone, make_head_bundle
from tests.fakes.bundles import make_bundle


@pytest.fixture(scope="module")
def backbone():
    return make_backbone()


def altered(head: Head, **arrays) -> Head:
    """The same head with other arrays."""
    usual = Usual(arrays.pop("mean", head.usual.mean), arrays.pop("scale", head.usual.scale))
    kept = {name: getattr(head, name) for name in ("centre", "spread", "weights", "bias")}
    return Head(usual, **kept | arrays)


def refused(tmp_path, backbone, content: bytes | Head, said: str) -> None:
    bundle = make_head_bundle(tmp_path / "made", backbone, head=content if isinstance(content, Head) else None)
    if isinstance(content, bytes):
        (tmp_path / "made" / HEAD_NAME).unlink()
        (tmp_path / "made" / HEAD_NAME).write_bytes(content)
        bundle = _sealed_again(tmp_path / "made", bundle)
    with pytest.raises(BundleError, match=said):
        read_head(bundle, read_backbone(backbone).manifest)


def _sealed_again(directory, bundle):
    from backend.inference.bundles import seal

    return seal(directory, bundle.manifest)


def test_that_a_head_survives_writing_and_reading(tmp_path, backbone):
    head = head_of(INPUT, 3)
    found = read_head(make_head_bundle(tmp_path, backbone, labels=("a", "b", "c")), read_backbone(backbone).manifest)
    for name, values in head.arrays().items():
        np.testing.assert_array_equal(found.arrays()[name], values)
        assert found.arrays()[name].dtype == values.dtype


def test_that_numpy_reads_the_file_as_it_reads_any_npz(tmp_path):
    (tmp_path / "head.npz").write_bytes(write_head(head_of(INPUT, 2)))
    with np.load(tmp_path / "head.npz", allow_pickle=False) as arrays:
        assert arrays["weights"].shape == (4, 2)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"weights": np.zeros((4, 3), np.float32)}, "weights in head.npz is not float32 of shape"),
        ({"weights": np.zeros((4, 2), np.float64)}, "weights"),
        ({"weights": np.asfortranarray(np.zeros((3, 4), np.float32)).T}, "weights"),
        ({"bias": np.array([0, np.nan], np.float32)}, "bias in head.npz holds what is no number"),
        ({"mean": np.zeros((8, 8, 3), np.float16)}, "mean"),
        ({"scale": np.full((8, 8, 2), np.inf, np.float16)}, "scale"),
        ({"centre": np.array([object()] * 4)}, "cannot be saved|Object arrays"),
    ],
)
def test_that_arrays_that_do_not_fit_are_refused(tmp_path, backbone, arrays, said):
    head = altered(head_of(INPUT, 2), **arrays)
    if next(iter(arrays.values())).dtype == object:
        with pytest.raises(ValueError, match=said):
            write_head(head)
        return
    refused(tmp_path, backbone, head, said)


def test_that_a_file_that_is_no_head_is_refused_before_it_is_sealed(tmp_path, backbone):
    with pytest.raises(BundleError, match="no model bundle"):
        refused(tmp_path, backbone, b"no arrays", "")


def test_that_a_head_of_no_backbone_is_refused(tmp_path):
    bundle = make_bundle(tmp_path / "whole")
    (tmp_path / "whole" / HEAD_NAME).write_bytes(write_head(head_of(INPUT, 2)))
    with pytest.raises(BundleError, match="names no backbone"):
        _sealed_again(tmp_path / "whole", bundle)


def test_that_missing_and_further_arrays_are_refused(tmp_path, backbone):
    files = read_zip(write_head(head_of(INPUT, 2)))
    refused(tmp_path / "more", backbone, write_zip({**files, "more.npy": b""}), "more.npy")
    files.pop("bias.npy")
    refused(tmp_path / "less", backbone, write_zip(files), "wanted are")


def test_that_a_pickle_is_never_read(tmp_path, backbone):
    files = read_zip(write_head(head_of(INPUT, 2)))
    pickled = files["bias.npy"].replace(b"'<f4'", b"'|O' ")
    refused(tmp_path, backbone, write_zip({**files, "bias.npy": pickled}), "bias in head.npz is not float32")


def test_that_a_head_for_another_size_than_its_backbone_is_refused(tmp_path, backbone):
    small = make_backbone(InputSpec(height=32, width=32, channels=3))
    with pytest.raises(BundleError, match="its backbone at"):
        read_head(make_head_bundle(tmp_path, small), read_backbone(backbone).manifest)


def test_that_the_evidence_of_all_places_is_the_logit(tmp_path):
    rng = np.random.default_rng(0)
    drawn = {name: rng.normal(size=shape).astype(np.float32) for name, shape in
             {"centre": 4, "spread": 4, "weights": (4, 3), "bias": 3}.items()}  # fmt: skip
    head = altered(head_of(INPUT, 3), **drawn)
    features = rng.normal(2, 1, (8, 8, 4)).astype(np.float32)
    found = head.outputs(features)
    np.testing.assert_allclose(found.cam.mean(axis=(0, 1)) + head.bias, found.logits, rtol=1e-4, atol=1e-4)
    by_hand = (features.mean(axis=(0, 1)) - head.centre) * head.spread
    np.testing.assert_allclose(found.embedding, by_hand, rtol=1e-5, atol=1e-5)
    # the gradient of a logit after one place of the map, by differences, is the weight of the closed form
    nudged = features.copy()
    nudged[3, 5, 2] += 0.5
    gain = (head.outputs(nudged).logits - found.logits) * 64 / 0.5
    np.testing.assert_allclose(gain, head.spread[2] * head.weights[2], rtol=1e-2, atol=1e-3)
