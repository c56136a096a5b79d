"""torch.export: the backbone as one program (.pt2) that runs without this package, for any batch of one image size.

The positions are frozen for that size. The program is opened again and compared before its name is given to it.
"""

import warnings
from pathlib import Path

import torch

from dino.backbones import REFUSALS
from dino.errors import ContentError, WorldError
from dino.exchange.networks import network_of, probe, refusal
from dino.exchange.weights import Weights, largest_difference, need_folder

TOLERANCE = 1e-4
SUFFIX = ".part.pt2"


def program(weights: Weights) -> torch.export.ExportedProgram:
    """images [batch, channels, height, width] → features [batch, dim], the batch free."""
    batch = torch.export.Dim("batch", min=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about torch's own insides
        return torch.export.export(network_of(weights), (probe(weights),), dynamic_shapes=({0: batch},), strict=False)


@torch.no_grad()
def write(path: Path, weights: Weights) -> float:
    """Writes the program; returns its largest difference from the network, on a batch of another size than traced."""
    need_folder(path)
    beside = path.with_name(path.name + SUFFIX)
    images = probe(weights, batch=3)
    try:
        torch.export.save(program(weights), beside)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            measured = largest_difference(torch.export.load(beside).module()(images), network_of(weights)(images))
        if not measured <= TOLERANCE:
            raise ContentError(f"the exported program differs by {measured:.2g}; {path} was not written")
        beside.replace(path)
    except OSError as error:
        raise WorldError(f"{path} cannot be written ({error.strerror}); make room or name another place") from error
    except REFUSALS as error:
        raise refusal("torch.export", weights, error) from error
    finally:
        beside.unlink(missing_ok=True)
    return measured
