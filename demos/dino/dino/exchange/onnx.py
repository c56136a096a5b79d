"""ONNX: the backbone as a graph for other runtimes, for one image size, checked with onnxruntime."""

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch

from dino.backbones import REFUSALS
from dino.errors import ContentError, WorldError
from dino.exchange.networks import network_of, probe, refusal
from dino.exchange.weights import Weights, largest_difference, need_folder

NEEDED = ("onnx", "onnxscript", "onnxruntime")
TOLERANCE = 1e-4
OPSET = 20


@torch.no_grad()
def write(path: Path, weights: Weights) -> float:
    """Writes the graph (input `images`, output `features`); returns its largest difference in onnxruntime.

    Raises WorldError when a package is missing, ContentError when onnxruntime computes something else.
    """
    if missing := [package for package in NEEDED if importlib.util.find_spec(package) is None]:
        raise WorldError(
            f"ONNX needs {', '.join(missing)}: run `pip install {' '.join(missing)}`, or choose another format"
        )
    need_folder(path)
    model, beside = network_of(weights), path.with_name(path.name + ".part")
    batch = torch.export.Dim("batch", min=1)
    try:
        with _quiet():
            exported = torch.onnx.export(
                model,
                (probe(weights),),
                dynamo=True,
                input_names=["images"],
                output_names=["features"],
                dynamic_shapes=({0: batch},),
                opset_version=OPSET,
                verbose=False,
            )
        assert exported is not None  # noqa: S101 - for the type checker: dynamo=True gives a program
        exported.save(str(beside), external_data=False)
        images = probe(weights, batch=3)
        measured = largest_difference(run(beside, images), model(images))
        if not measured <= TOLERANCE:
            raise ContentError(f"onnxruntime differs by {measured:.2g}; {path} was not written")
        beside.replace(path)
    except OSError as error:
        raise WorldError(f"{path} cannot be written ({error.strerror}); make room or name another place") from error
    except REFUSALS as error:
        raise refusal("ONNX", weights, error) from error
    finally:
        beside.unlink(missing_ok=True)
    return measured


def run(path: Path, images: torch.Tensor) -> torch.Tensor:
    """The features that onnxruntime computes on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    (features,) = session.run(["features"], {"images": images.numpy()})
    return torch.from_numpy(features)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter talks about its own insides, by warnings, logs and prints; none of it is for the user."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
