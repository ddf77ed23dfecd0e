"""Bundles: the same everywhere, whole or not at all, and nothing foreign is let in."""

import hashlib
import io
import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.domain.errors import BundleError
from backend.inference.bundles import open_bundle, pack, seal, unpack
from backend.inference.canonical_zip import BundleLimits, read_zip, write_zip
from tests.fakes.bundles import facts


def plain_bundle(directory: Path, **files: bytes):
    """A bundle whose network nobody will run."""
    contents = {"model.xml": b"<net/>", "model.bin": b"\0" * 64, "evaluation.json": b"[]"}
    for name, data in (contents | files).items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return seal(directory, facts())


@pytest.fixture
def bundle(tmp_path):
    return plain_bundle(tmp_path / "made")


@pytest.fixture
def packed(bundle):
    return pack(bundle.path)


def test_that_a_bundle_survives_packing_and_unpacking(bundle, packed, tmp_path):
    unpacked = unpack(packed, tmp_path / "in")
    assert unpacked.path == tmp_path / "in" / hashlib.sha256(packed).hexdigest()
    assert (unpacked.digest, unpacked.manifest) == (bundle.digest, bundle.manifest)
    assert open_bundle(unpacked.path) == unpacked
    assert pack(unpacked.path) == packed


def test_that_the_digest_does_not_depend_on_times_or_order(bundle, packed, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    for path in sorted(bundle.path.iterdir(), reverse=True):
        (again / path.name).write_bytes(path.read_bytes())
        os.utime(again / path.name, (1, 1))
    assert pack(again) == packed
    assert open_bundle(again).digest == bundle.digest


def test_that_another_content_gives_another_digest(bundle, tmp_path):
    other = plain_bundle(tmp_path / "other", **{"evaluation.json": b"[1]"})
    assert other.digest != bundle.digest


def test_that_files_in_folders_belong_to_a_bundle(tmp_path):
    bundle = plain_bundle(tmp_path / "made", **{"data/validation.json": b"{}"})
    unpacked = unpack(pack(bundle.path), tmp_path / "in")
    assert unpacked.read("data/validation.json") == b"{}"


def test_that_unpacked_files_cannot_be_written_by_mistake(packed, tmp_path):
    unpacked = unpack(packed, tmp_path / "in")
    assert all(path.stat().st_mode & 0o222 == 0 for path in unpacked.path.iterdir())


def test_that_sealing_again_gives_the_same_bundle(bundle):
    assert seal(bundle.path, facts()) == bundle


def test_that_a_manifest_without_a_network_cannot_be_sealed(tmp_path):
    with pytest.raises(BundleError, match=r"model\.bin"):
        seal(tmp_path, facts())


@pytest.mark.parametrize("name", ["model.xml", "model.bin", "evaluation.json"])
def test_that_a_changed_file_is_noticed(bundle, name):
    path = bundle.path / name
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    for look in (open_bundle, pack):
        with pytest.raises(BundleError, match=name):
            look(bundle.path)
    with pytest.raises(BundleError, match=name):
        bundle.read(name)


def test_that_a_missing_file_is_named(bundle):
    (bundle.path / "evaluation.json").unlink()
    with pytest.raises(BundleError, match=r"lacks evaluation\.json"):
        open_bundle(bundle.path)
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.read("evaluation.json")


def test_that_an_unlisted_file_is_refused(bundle):
    (bundle.path / "more.txt").write_text("x")
    with pytest.raises(BundleError, match=r"does not list: more\.txt"):
        open_bundle(bundle.path)


def test_that_links_are_refused(bundle, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes((bundle.path / "model.bin").read_bytes())
    (bundle.path / "model.bin").unlink()
    (bundle.path / "model.bin").symlink_to(secret)
    with pytest.raises(BundleError, match="link"):
        open_bundle(bundle.path)


def test_that_a_folder_without_a_manifest_is_no_bundle(tmp_path):
    with pytest.raises(BundleError, match=r"no manifest\.json"):
        open_bundle(tmp_path)
    with pytest.raises(BundleError, match="is no folder"):
        open_bundle(tmp_path / "nowhere")


def rezipped(packed: bytes, change) -> bytes:
    """The bundle in another zip: `change(entries)` alters the list of (name, data) before it is written."""
    entries = change(list(read_zip(packed).items()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def entry_named(name: str):
    return lambda entries: [*entries, (name, b"x")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (entry_named("../evil"), "refused"),
        (entry_named("/etc/evil"), "refused"),
        (entry_named("a\\..\\..\\evil"), "refused"),
        (entry_named("folder/"), "refused"),
        (entry_named("unlisted.txt"), "does not list|not written by this program"),
        (entry_named("model.bin"), "twice"),
        (lambda entries: [entry for entry in entries if entry[0] != "model.bin"], "lacks|not written by this program"),
        (lambda entries: entries[::-1], "not written by this program"),
    ],
)
def test_that_a_tampered_zip_is_refused_and_leaves_nothing(packed, tmp_path, change, said):
    with pytest.raises(BundleError, match=said):
        unpack(rezipped(packed, change), tmp_path / "in")
    assert not (tmp_path / "in").exists()
    assert not (tmp_path / "evil").exists()


def test_that_changed_contents_in_canonical_form_are_refused(packed, tmp_path):
    contents = read_zip(packed)
    for changed, said in (
        (contents | {"model.bin": b"other"}, "model.bin is not the file that was sealed"),
        (contents | {"more.txt": b"x"}, "does not list: more.txt"),
        ({name: data for name, data in contents.items() if name != "model.xml"}, "lacks model.xml"),
        ({name: data for name, data in contents.items() if name != "manifest.json"}, "no manifest.json"),
    ):
        with pytest.raises(BundleError, match=said):
            unpack(write_zip(changed), tmp_path / "in")


def test_that_a_compressed_zip_is_refused_before_it_is_inflated(packed, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (read_zip(packed) | {"bomb.bin": b"\0" * 50_000_000}).items():
            archive.writestr(name, data)
    assert len(buffer.getvalue()) < 100_000
    with pytest.raises(BundleError, match="import the folder instead"):
        unpack(buffer.getvalue(), tmp_path / "in")


@pytest.mark.parametrize(
    "limits",
    [BundleLimits(files=3), BundleLimits(file_bytes=60), BundleLimits(total_bytes=500)],
)
def test_that_oversize_is_refused(packed, tmp_path, limits):
    with pytest.raises(BundleError, match=r"(are|is) read"):
        unpack(packed, tmp_path / "in", limits)
    assert unpack(packed, tmp_path / "in", BundleLimits(files=4)).path.is_dir()


def test_that_a_damaged_copy_is_replaced(packed, tmp_path):
    unpacked = unpack(packed, tmp_path / "in")
    (unpacked.path / "model.bin").chmod(0o644)
    (unpacked.path / "model.bin").write_bytes(b"broken")
    (unpacked.path / "evaluation.json").unlink()
    assert open_bundle(unpack(packed, tmp_path / "in").path).digest == unpacked.digest
    assert [path.name for path in (tmp_path / "in").iterdir()] == [unpacked.digest]


def test_that_many_may_unpack_the_same_bundle_at_once(packed, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        bundles = list(pool.map(lambda _: unpack(packed, tmp_path / "in"), range(24)))
    assert len({bundle.path for bundle in bundles}) == 1
    assert [path.name for path in (tmp_path / "in").iterdir()] == [bundles[0].digest]
    assert open_bundle(bundles[0].path) == bundles[0]


def test_that_a_place_that_cannot_be_written_is_named(packed, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BundleError, match=r"cannot be unpacked into .*file"):
        unpack(packed, tmp_path / "file")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return pack(plain_bundle(tmp_path_factory.mktemp("fuzz") / "made").path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_that_damaged_bytes_raise_bundle_error_and_nothing_else(sound, tmp_path, data):
    damaged = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))] + data.draw(st.binary(max_size=20)))
    if cut == sound:
        return
    with pytest.raises(BundleError):
        unpack(cut, tmp_path / "in")
    assert not (tmp_path / "in").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(max_size=20) | st.sampled_from(["manifest.json", "model.xml"]), st.binary(max_size=50)))
def test_that_any_other_zip_raises_bundle_error_and_nothing_else(tmp_path, contents):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in contents.items():
            try:
                archive.writestr(zipfile.ZipInfo(name or "other"), content)
            except (ValueError, UnicodeError):
                continue
    with pytest.raises(BundleError):
        unpack(buffer.getvalue(), tmp_path / "in")


def test_that_the_manifest_lists_every_file_but_itself(bundle):
    listed = json.loads((bundle.path / "manifest.json").read_text())["files"]
    assert set(listed) == {path.name for path in bundle.path.iterdir()} - {"manifest.json"}
