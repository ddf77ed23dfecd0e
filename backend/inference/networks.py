"""From the files of a bundle to a compiled network: everything that is asked of OpenVINO before the first plot."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from backend.domain.errors import BundleError
from backend.inference.manifest import ADVICE, IR_XML, Manifest, Preprocessing
from backend.inference.openvino_quietly import openvino

AUTO = "AUTO"
_PREFERRED = ("GPU", "NPU", "CPU")
_LARGEST_MAP = 255
_NAMES = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}


def choose_device(core: Any, wanted: str) -> str:  # noqa: ANN401 - has no types
    """`wanted`, or for AUTO the first that there is of a graphics processor, a neural one and the processor."""
    if wanted != AUTO:
        return wanted
    there = core.available_devices
    return next((name for kind in _PREFERRED for name in there if name.split(".")[0] == kind), "CPU")


def read_network(core: Any, xml: bytes, weights: bytes, manifest: Manifest, batch: int) -> Any:  # noqa: ANN401
    """The network as an `openvino.Model`: uint8 (batch, H, W, C) in, the outputs of the manifest out.

    The preprocessing of the manifest is part of it. The shape is fixed, because open ones run a third slower.
    BundleError when it is not what the manifest says.
    """
    try:
        network = _with_preprocessing(core.read_model(xml, weights), manifest, batch)
    except RuntimeError as error:
        raise BundleError(f"OpenVINO cannot read {IR_XML}: {first_line(error)}. {ADVICE}") from error
    _check_outputs(network, manifest, batch)
    return network


def settings(device: str, threads: int, streams: int, precision: str) -> dict[str, Any]:
    """Properties for compiling. On a CPU: `threads` in `streams` independent groups, free to move between cores."""
    chosen: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if precision != "auto":
        chosen["INFERENCE_PRECISION_HINT"] = precision
    if device == "CPU":
        chosen |= {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": streams, "ENABLE_CPU_PINNING": False}
    return chosen


def fingerprint(core: Any, device: str, chosen: dict[str, Any]) -> str:  # noqa: ANN401
    """Everything besides the network that a compiled network depends on, so that caches do not mix them up."""
    properties = ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")
    machine = [str(core.get_property(device, name)) for name in properties] if device == "CPU" else []
    return " ".join([openvino().get_version(), device, *machine, *(f"{key}={chosen[key]}" for key in sorted(chosen))])


def compile_network(core: Any, network: Any, device: str, chosen: dict[str, Any]) -> Any:  # noqa: ANN401
    """The network ready to run on `device`. BundleError when the device is missing or cannot run it."""
    try:
        return core.compile_model(network, device, chosen)
    except RuntimeError as error:
        available = ", ".join(core.available_devices)
        raise BundleError(
            f"OpenVINO cannot prepare the model for device {device!r}: {first_line(error)}. Plots wait. "
            f"This machine has {available}; check [inference] device, then the model."
        ) from error


def export_compiled(compiled: Any) -> bytes | None:  # noqa: ANN401
    """A compiled network as bytes, None where the device does not offer it."""
    try:
        data: bytes = compiled.export_model().getvalue()
    except RuntimeError:
        return None
    return data


def import_compiled(core: Any, data: bytes, device: str, chosen: dict[str, Any]) -> Any | None:  # noqa: ANN401
    """Inverse of `export_compiled`; None where OpenVINO does not accept the bytes."""
    try:
        return core.import_model(BytesIO(data), device, chosen)
    except RuntimeError:
        return None


def precision_of(compiled: Any) -> str:  # noqa: ANN401
    """In which precision a compiled network really calculates: "f32", "bf16" or "f16"."""
    name: str = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
    return _NAMES.get(name, name)


def _with_preprocessing(network: Any, manifest: Manifest, batch: int) -> Any:  # noqa: ANN401
    ov = openvino()
    _check_input(network, manifest, batch)
    network.reshape([batch, *manifest.input.shape])
    pixels = ov.preprocess.PrePostProcessor(network)
    pixels.input().tensor().set_element_type(ov.Type.u8)
    steps = pixels.input().preprocess().convert_element_type(ov.Type.f32)
    steps.custom(lambda node: scaled(ov, node, manifest.preprocessing))
    return pixels.build()


def scaled(ov: Any, node: Any, rule: Preprocessing) -> Any:  # noqa: ANN401
    """``node * scale + offset`` as an output of the network."""
    ops = ov.opset13
    scale, offset = (ops.constant(value, ov.Type.f32) for value in (rule.scale, rule.offset))
    return ops.add(ops.multiply(node, scale), offset).output(0)


def _check_input(network: Any, manifest: Manifest, batch: int) -> None:  # noqa: ANN401
    wanted = [batch, *manifest.input.shape]
    if len(network.inputs) != 1 or not network.inputs[0].get_partial_shape().compatible(_shape(wanted)):
        found = "; ".join(str(item.get_partial_shape()) for item in network.inputs)
        raise BundleError(f"The network takes {found or 'nothing'}, the manifest says {tuple(wanted)}. {ADVICE}")


def _check_outputs(network: Any, manifest: Manifest, batch: int) -> None:  # noqa: ANN401
    names, count = manifest.outputs, len(manifest.labels)
    _check_shape(network, names.logits, (batch, count))
    if names.cam is not None:
        _check_shape(network, names.cam, (batch, None, None, count))
    _check_shape(network, names.embedding, (batch, None))
    if names.cam is not None and max(_output_shape(network, names.cam)[1:3]) > _LARGEST_MAP:
        raise BundleError(f"Output {names.cam!r} is larger than {_LARGEST_MAP} x {_LARGEST_MAP}. {ADVICE}")


def _check_shape(network: Any, name: str, wanted: tuple[int | None, ...]) -> None:  # noqa: ANN401
    """`wanted` has None where any size above 0 is right."""
    shape = _output_shape(network, name)
    fits = [size > 0 if want is None else size == want for size, want in zip(shape, wanted, strict=False)]
    if len(shape) != len(wanted) or not all(fits):
        said = ", ".join("any" if size is None else str(size) for size in wanted)
        raise BundleError(f"Output {name!r} of the network has the shape {tuple(shape)}, not ({said}). {ADVICE}")


def _output_shape(network: Any, name: str) -> list[int]:  # noqa: ANN401
    known = sorted({item for output in network.outputs for item in output.get_names()})
    if name not in known:
        raise BundleError(f"The network has no output {name!r}; it has {', '.join(known) or 'none named'}. {ADVICE}")
    return [size.get_length() if size.is_static else -1 for size in network.output(name).get_partial_shape()]


def _shape(sizes: list[int]) -> Any:  # noqa: ANN401
    return openvino().PartialShape(sizes)


def first_line(error: Exception) -> str:
    """The last line that says anything; OpenVINO's errors name their cause there."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).rstrip(".")
