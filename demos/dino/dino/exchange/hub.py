"""The networks by name, for `torch.hub.load(FOLDER, NAME, source="local", weights=FILE)` (see hubconf.py).

The names are the authors' (hubconf.py of facebookresearch/dino). Nothing is fetched: `weights` is a file that `dino
train`, `dino export` or the authors' code wrote; without it the network starts fresh.
"""

from pathlib import Path

from dino.backbones import Backbone
from dino.errors import CommandError, ContentError
from dino.exchange.files import read
from dino.exchange.networks import network_of
from dino.exchange.weights import build, shape_of
from dino.vit import SIZES, VisionTransformer

ENTRIES = {
    "dino_vits16": ("vit_small", 16),
    "dino_vits8": ("vit_small", 8),
    "dino_vitb16": ("vit_base", 16),
    "dino_vitb8": ("vit_base", 8),
    "dino_vitt16": ("vit_tiny", 16),
}


def entry(name: str, weights: str | Path | None = None) -> VisionTransformer:
    """The network of an entry, `eval`; ContentError when the file is of another network."""
    if name not in ENTRIES:
        raise CommandError(f"{name} is no network here; there are {', '.join(ENTRIES)}")
    arch, patch = ENTRIES[name]
    if weights is None:
        return VisionTransformer(patch_size=patch, size=SIZES[arch]).eval()
    found = read(Path(weights))
    shape = shape_of(found)
    if (shape.size, shape.patch_size) != (SIZES[arch], patch):
        raise ContentError(f"{weights} is a {shape.arch} of patch {shape.patch_size}, not {name}; load it with `dino`")
    return build(found)


def any_network(weights: str | Path) -> VisionTransformer | Backbone:
    """The network of a run or of any file that `dino import` takes, whatever its backbone and size."""
    return network_of(read(Path(weights)))
