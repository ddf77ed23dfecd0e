"""Every parser of what comes from outside: what it is given when all is well, and the errors it may answer with."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from backend.config import ConfigurationError, load
from backend.domain.errors import BundleError, PlotRejectedError
from backend.engine.hint_messages import FORMAT, read_hint
from backend.feed.beam import FileBeamSource
from backend.feed.hydra.reports import ReportError, parse_report
from backend.feed.images import ImageLimits, decode, size_of_whole
from backend.feed.naming import identify
from backend.feed.zeromq.parsing import MessageError, parse_reply, parse_request
from backend.feed.zeromq.protocol import Acknowledged, Hello, PlotMessage, encode_reply, encode_request
from backend.inference.bundles import unpack
from backend.inference.contents import check_contents
from backend.inference.manifest import Manifest, parse_manifest
from backend.inference.signatures import split_signature
from backend.services.hydra.outputs import best_class
from backend.services.label_files import LabelFileError, read_rows
from tests.fakes.bundles import make_packed
from tests.fakes.keras_files import described, members

LIMITS = ImageLimits(max_bytes=2**20, max_pixels=200_000)
Call = Callable[[bytes], object]


@dataclass(frozen=True)
class Target:
    """One parser. `share` is its part of all inputs; errors of other kinds than `allowed` are defects."""

    name: str
    seeds: Sequence[bytes]
    call: Call
    allowed: tuple[type[Exception], ...]
    share: int = 10


def _image(form: str, size: tuple[int, int] = (24, 18), **how: object) -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, form, **how)
    return out.getvalue()


_IMAGES = [_image("PNG"), _image("JPEG"), _image("GIF"), _image("WEBP"), _image("BMP")]
_REPORT = {
    "MetaData": {"plotType_ID": 7, "modelID": 3, "inDATA": "/in/Run000042/CDC_occupancy_0001.png", "runNumber": 42,
                 "datetime": "2026-11-21 14:02:11"},
    "Analysis": {"Labels": {"0": "Bad", "1": "Good"}, "Confidences": [0.9, 0.1]},
}  # fmt: skip
_HINT = {"life": "a" * 32, "address": "tcp://127.0.0.1:5570", "seq": 7, "changes": [[1, [1, 2, 3]], [4, []]]}
_NAMES = ["CDC_occupancy_0001.png", "RunPeriod-2026-11/Run012345/Kinematics-PSEnergy-02_0004.png", "297031/a.b-1_2.gif"]
_TOML = """
[input]
directory = "/data/plots"
after = "move"
[feed.zeromq]
listen = ["tcp://127.0.0.1:5570"]
[feed.hydra]
connect = ["tcp://hydra:5556"]
plot_types = { 7 = "CDC_occupancy" }
[store]
url = "mysql://hydra@database.example.org/hydra"
[retention]
images_days = 90.5
"""
_CSV = 'path,plot_type,run,chunk,label\n/a/b.png,CDC_occupancy,42,1,Good\n"x,y",T,0,,Bad\n'


def _file_call(file: Path, call: Callable[[Path], object]) -> Call:
    def run(data: bytes) -> object:
        file.write_bytes(data)
        return call(file)

    return run


def _frames(parse: Callable[[Sequence[bytes]], object]) -> Call:
    return lambda data: parse(data.split(b"\x1e\x1e"))


def _joined(frames: Sequence[bytes]) -> bytes:
    return b"\x1e\x1e".join(frames)


def _images(data: bytes) -> None:
    size_of_whole(data, "", LIMITS)
    decode(data, "", LIMITS)


def feed_targets(place: Path) -> list[Target]:
    """What comes from feeders, folders, Hydra and other stations."""
    plot = PlotMessage(id="1", sender="daq", path="Run42/CDC_occupancy_0001.png", data=_IMAGES[0], taken_us=1)
    requests = [_joined(encode_request(one)) for one in (Hello("daq"), plot)]
    beam = FileBeamSource(place / "beam", 1.0, "nA")
    return [
        Target("requests", requests, _frames(parse_request), (MessageError,), 25),
        Target("replies", [encode_reply(Acknowledged("1", True, 64))], _frames(parse_reply), (MessageError,), 15),
        Target("names", [name.encode() for name in _NAMES], _name, (PlotRejectedError,), 20),
        Target("images", _IMAGES, _images, (PlotRejectedError,), 5),
        Target("reports", [b"HydraReport " + json.dumps(_REPORT).encode()], _report, (ReportError,), 20),
        Target("outputs", [json.dumps(_REPORT).encode(), b'{"Good": 0.9}'], _output, (), 10),
        Target("hints", [_joined([FORMAT, json.dumps(_HINT).encode()])], _frames(read_hint), (ValueError,), 20),
        Target("beam", [b"152.3 nA", b"0\n"], _file_call(place / "beam", lambda _: beam.read()), (), 5),
    ]


def _name(data: bytes) -> object:
    return identify(PurePosixPath(data.decode("utf-8", "surrogateescape")))


def _report(data: bytes) -> object:
    return parse_report(data, {7: "CDC_occupancy"})


def _output(data: bytes) -> object:
    return best_class(data.decode("utf-8", "replace"))


def file_targets(place: Path) -> list[Target]:
    """What people and other machines bring as files."""
    text, zipped = make_packed(place / "bundle", "CDC_occupancy")
    manifest = parse_manifest(text)
    xml = next((place / "bundle").rglob("*.xml")).read_bytes()
    keras = _zip(members(described()))
    return [
        Target("configuration", [_TOML.encode()], _file_call(place / "c.toml", load), (ConfigurationError,), 4),
        Target("labels", [_CSV.encode()], _file_call(place / "l.csv", _rows), (LabelFileError,), 10),
        Target("manifests", [text.encode()], parse_manifest, (BundleError,), 4),
        Target("bundles", [zipped], lambda data: unpack(data, place / "unpacked"), (BundleError,), 3),
        Target("networks", [xml], _looked_at("network.xml", manifest), (BundleError,), 5),
        Target("keras files", [keras], _looked_at("model.keras", manifest), (BundleError,), 4),
        Target("signatures", [zipped], split_signature, (), 5),
    ]


def _looked_at(name: str, manifest: Manifest) -> Call:
    return lambda data: check_contents({name: data}, manifest)


def _rows(file: Path) -> int:
    return sum(1 for _ in read_rows(file))


def _zip(files: dict[str, bytes]) -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()
