import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from backend.domain.errors import BlobError
from backend.store import Store
from backend.store.blobs.directory import DirectoryBlobs
from backend.store.blobs.in_database import CHUNK_BYTES, DatabaseBlobs
from backend.store.blobs.protocol import BlobStore, digest
from backend.store.database import now
from backend.store.tables import blob_chunks, blobs
from tests.samples import commit, commit_one, manifest, new_plot

HOUR = 3600.0


def make_old(store: Store, name: str) -> None:
    """Let a blob be a day old."""
    if isinstance(store.blobs, DatabaseBlobs):
        old = update(blobs).where(blobs.c.sha256 == name).values(touched_at=now().replace(year=2020))
        store.database.write(lambda connection: connection.execute(old))
    else:
        [path] = [path for path in file_paths(store) if path.parent.name + path.name == name]
        os.utime(path, (1, 1))


def file_paths(store: Store) -> list[Path]:
    assert isinstance(store.blobs, DirectoryBlobs)
    return [path for path in store.blobs._root.rglob("*") if path.is_file()]


def test_that_a_blob_comes_back_and_is_named_by_its_content(store: Store):
    name = store.blobs.put(b"image")
    assert name == digest(b"image") == store.blobs.put(b"image")
    assert store.blobs.get(name) == b"image"
    assert store.blobs.contains(name)


def test_that_a_missing_blob_is_an_error_with_advice(store: Store):
    assert not store.blobs.contains("00" * 32)
    with pytest.raises(BlobError, match="missing"):
        store.blobs.get("00" * 32)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 7])
def test_that_blobs_of_any_size_come_back_whole(store: Store, size: int):
    data = os.urandom(size)
    assert store.blobs.get(store.blobs.put(data)) == data


def test_that_many_are_kept_at_once(store: Store):
    given = {digest(data): data for data in (os.urandom(1000) for _ in range(64))}
    store.blobs.put_many(given)
    store.blobs.put_many(given)
    assert {name: store.blobs.get(name) for name in given} == given


def test_that_orphans_are_swept_once_they_are_old_and_named_blobs_are_not(store: Store):
    plot = commit_one(store)
    model = store.models.get(store.models.register(manifest(), b"bundle", "expert"))
    old, young = store.blobs.put(b"left behind"), store.blobs.put(b"on its way")
    for name in (plot.sha256, model.digest, old):
        make_old(store, name)
    assert store.sweep_blobs(HOUR) == 1
    assert not store.blobs.contains(old)
    assert all(store.blobs.contains(name) for name in (plot.sha256, model.digest, young))
    assert store.sweep_blobs(HOUR) == 0


def test_that_an_orphan_put_again_is_young_again(store: Store):
    name = store.blobs.put(b"left behind")
    make_old(store, name)
    store.blobs.put(b"left behind")
    assert store.sweep_blobs(HOUR) == 0
    assert store.blobs.get(name) == b"left behind"


def test_that_a_blob_put_again_between_search_and_removal_stays(store: Store):
    name = store.blobs.put(b"left behind")
    make_old(store, name)
    before = now() - timedelta(seconds=1)  # file systems count time in steps of milliseconds
    assert [name] in list(store.blobs.untouched_since(before))
    store.blobs.put(b"left behind")
    assert not store.blobs.remove(name, before)
    assert store.blobs.get(name) == b"left behind"


def test_that_sweeping_thousands_leaves_what_is_named(store: Store):
    plots = [new_plot(number) for number in range(300)]
    commit(store, plots)
    store.blobs.put_many({digest(b"orphan %d" % number): b"orphan %d" % number for number in range(700)})
    assert store.sweep_blobs(guard_s=-1) == 700
    assert all(store.blobs.contains(plot.sha256) for plot in plots)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[BlobStore]:
    opened = DirectoryBlobs(tmp_path / "blobs")
    yield opened
    opened.close()


def test_that_damage_on_disk_is_found_when_read(directory: DirectoryBlobs, tmp_path: Path):
    name = directory.put(b"image")
    (tmp_path / "blobs" / name[:2] / name[2:]).write_bytes(b"imagf")
    with pytest.raises(BlobError, match="damaged"):
        directory.get(name)


def test_that_damage_in_the_database_is_found_when_read(mariadb_url: str, tmp_path: Path):
    Store.upgrade(mariadb_url)
    with Store.open(mariadb_url, tmp_path) as store:
        name = store.blobs.put(b"image")
        store.database.write(lambda connection: connection.execute(update(blob_chunks).values(data=b"imagf")))
        with pytest.raises(BlobError, match="damaged"):
            store.blobs.get(name)


def test_that_unfinished_files_of_a_killed_writer_are_swept(directory: DirectoryBlobs, tmp_path: Path):
    unfinished = tmp_path / "blobs" / "ab" / ("cd" * 31 + ".77.1.0.part")
    unfinished.write_bytes(b"half an im")
    os.utime(unfinished, (1, 1))
    assert [name for names in directory.untouched_since(now()) for name in names] == []
    assert not unfinished.exists()


def test_that_a_server_may_keep_its_images_in_a_shared_directory(mariadb_url: str, tmp_path: Path):
    Store.upgrade(mariadb_url)
    with Store.open(mariadb_url, tmp_path, blobs=tmp_path / "shared") as store:
        name = store.blobs.put(b"image")
    assert (tmp_path / "shared" / name[:2] / name[2:]).read_bytes() == b"image"


def test_that_no_thread_is_left_when_a_store_is_closed(tmp_path: Path):
    before = set(threading.enumerate())
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as store:
        commit(store, [new_plot(number) for number in range(20)])
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) == before
