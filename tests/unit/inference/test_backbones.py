"""Backbones are sealed, found by digest, and refused when they are not what their digest says."""

import hashlib

import pytest

from backend.domain.errors import BlobError, BundleError, StoreUnavailableError
from backend.inference import backbones
from backend.inference.backbone_manifest import MapSpec
from backend.inference.backbones import BackboneShelf, read_backbone, shipped_backbones
from backend.inference.canonical_zip import read_zip, write_zip
from tests.fakes.backbones import INPUT, make_backbone


@pytest.fixture(scope="module")
def packed():
    return make_backbone()


def digest_of(data):
    return hashlib.sha256(data).hexdigest()


def changed(packed, **files):
    """The same zip with other content in some files; None takes one away."""
    content = {**read_zip(packed), **{name.replace("__", "."): data for name, data in files.items()}}
    return write_zip({name: data for name, data in content.items() if data is not None})


def nowhere(digest):
    raise BlobError(f"there is no blob {digest[:8]}")


def test_that_a_backbone_survives_packing(packed):
    backbone = read_backbone(packed)
    assert backbone.digest == digest_of(packed)
    assert backbone.manifest.input == INPUT
    assert backbone.manifest.maps.usual_shape == (8, 8, 2)
    assert set(backbone.files) == {"model.xml", "model.bin"}


def test_that_the_same_backbone_gives_the_same_digest_and_another_seed_another():
    assert digest_of(make_backbone()) == digest_of(make_backbone())
    assert digest_of(make_backbone()) != digest_of(make_backbone(seed=1))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"model__bin": b"other weights"}, "model.bin of the backbone is not the file that was sealed"),
        ({"model__bin": None}, "model.bin"),
        ({"more__txt": b"unlisted"}, "more.txt"),
        ({"manifest__json": b"{}"}, "input is missing"),
        ({"manifest__json": None}, "not that of a backbone"),
        ({"manifest__json": b" " * (2**20 + 1)}, "larger than"),
    ],
)
def test_that_what_was_changed_is_refused(packed, files, said):
    with pytest.raises(BundleError, match=said):
        read_backbone(changed(packed, **files))


def test_that_bytes_that_are_no_backbone_are_refused():
    with pytest.raises(BundleError):
        read_backbone(b"no zip at all")


def test_that_a_backbone_without_a_network_cannot_be_sealed(packed):
    facts = read_backbone(packed).manifest
    with pytest.raises(ValueError, match="without which nothing can run"):
        backbones.seal_backbone(
            {"other.txt": b"x"}, backbones.BackboneFacts(**facts.model_dump(exclude={"files", "format"}))
        )


def test_that_a_fetched_backbone_is_kept_on_this_machine(packed, tmp_path):
    asked = []

    def fetch(digest):
        asked.append(digest)
        return packed

    digest = digest_of(packed)
    assert BackboneShelf(tmp_path / "shelf", fetch).get(digest).digest == digest
    assert BackboneShelf(tmp_path / "shelf", fetch).get(digest).digest == digest
    assert asked == [digest]


def test_that_a_damaged_copy_on_this_machine_is_replaced(packed, tmp_path):
    digest = digest_of(packed)
    shelf = BackboneShelf(tmp_path, lambda _: packed)
    (tmp_path / f"{digest}.zip").write_bytes(packed[:-1])
    assert shelf.get(digest).digest == digest
    assert (tmp_path / f"{digest}.zip").read_bytes() == packed


def test_that_a_backbone_that_cannot_be_kept_is_used_all_the_same(packed, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    digest = digest_of(packed)
    assert BackboneShelf(tmp_path / "file" / "shelf", lambda _: packed).get(digest).digest == digest


def test_that_the_shipped_backbones_are_found_without_a_store(packed, tmp_path, monkeypatch):
    monkeypatch.setattr(backbones, "SHIPPED_BACKBONES", tmp_path / "shipped")
    assert shipped_backbones() == {}
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "plots.zip").write_bytes(packed)
    assert BackboneShelf(tmp_path / "shelf").get(digest_of(packed)).digest == digest_of(packed)


def test_that_a_missing_backbone_says_what_it_means_for_the_plots(tmp_path):
    for shelf in (BackboneShelf(tmp_path), BackboneShelf(tmp_path, nowhere)):
        with pytest.raises(BundleError, match="their plots wait"):
            shelf.get("ab" * 32)


def test_that_another_backbone_than_asked_for_is_refused(packed, tmp_path):
    with pytest.raises(BundleError, match="its bytes are"):
        BackboneShelf(tmp_path, lambda _: packed).get("ab" * 32)
    assert list(tmp_path.iterdir()) == []


def test_that_a_store_that_does_not_answer_is_no_damage(tmp_path):
    def away(digest):
        raise StoreUnavailableError("the database does not answer")

    with pytest.raises(StoreUnavailableError):
        BackboneShelf(tmp_path, away).get("ab" * 32)


def test_that_maps_too_large_for_a_heat_map_are_refused():
    with pytest.raises(ValueError, match="less than or equal to 255"):
        MapSpec(rows=256, columns=8, seen=2, features=4)
