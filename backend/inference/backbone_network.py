"""From a backbone's files to a network that OpenVINO can compile."""

from __future__ import annotations

from typing import Any

from backend.domain.errors import BundleError
from backend.inference.backbone_manifest import BackboneManifest
from backend.inference.backbones import Backbone
from backend.inference.manifest import ADVICE, IR_BIN, IR_XML
from backend.inference.networks import first_line, scaled
from backend.inference.openvino_quietly import openvino

IMAGE, MEAN, SCALE = "image", "mean", "scale"
SEEN, FEATURES = "seen", "features"


def read_backbone_network(core: Any, backbone: Backbone) -> Any:  # noqa: ANN401 - has no types
    """The network as an `openvino.Model`, one image at a time.

    In: `image` uint8 (1, H, W, C), `mean` and `scale` float16 (1, rows, columns, seen). Out: `seen` of the same shape
    and `features` (1, rows, columns, features), float32. The preprocessing of the manifest is part of it. BundleError
    when it is not what the manifest says.
    """
    manifest = backbone.manifest
    try:
        network = core.read_model(backbone.files[IR_XML], backbone.files[IR_BIN])
        network.reshape({name: list(shape) for name, shape in _inputs(manifest).items()})
        built = _with_preprocessing(network, manifest)
    except RuntimeError as error:
        raise BundleError(f"OpenVINO cannot use the backbone: {first_line(error)}. {ADVICE}") from error
    _check(built, manifest)
    return built


def _inputs(manifest: BackboneManifest) -> dict[str, tuple[int, ...]]:
    usual = (1, *manifest.maps.usual_shape)
    return {IMAGE: (1, *manifest.input.shape), MEAN: usual, SCALE: usual}


def _with_preprocessing(network: Any, manifest: BackboneManifest) -> Any:  # noqa: ANN401
    ov = openvino()
    steps = ov.preprocess.PrePostProcessor(network)
    steps.input(IMAGE).tensor().set_element_type(ov.Type.u8)
    pixels = steps.input(IMAGE).preprocess().convert_element_type(ov.Type.f32)
    pixels.custom(lambda node: scaled(ov, node, manifest.preprocessing))
    for name in (MEAN, SCALE):
        steps.input(name).tensor().set_element_type(ov.Type.f16)
        steps.input(name).preprocess().convert_element_type(ov.Type.f32)
    return steps.build()


def _check(network: Any, manifest: BackboneManifest) -> None:  # noqa: ANN401
    maps = manifest.maps
    wanted = {SEEN: (1, *maps.usual_shape), FEATURES: (1, maps.rows, maps.columns, maps.features)}
    found = {name: tuple(item.get_shape()) for item in network.outputs for name in item.get_names()}
    for name, shape in wanted.items():
        if found.get(name) != shape:
            said = found.get(name, "missing")
            raise BundleError(f"Output {name!r} of the backbone is {said}, the manifest says {shape}. {ADVICE}")
