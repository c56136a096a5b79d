"""The first weights of a student out of a file (`--init-from`): its backbone, and its head where that is of one shape.

A position embedding of another grid is resampled as in the forward pass. A classifier, which the student does not
have, is left in the file.
"""

from collections.abc import Mapping

from torch import Tensor

from dino.errors import ContentError
from dino.exchange.weights import PREFIX, Weights, check_fit, is_vit, name_of, shape_of, told_heads
from dino.head import Head
from dino.teacher import MultiCropNet
from dino.vit import VisionTransformer, resampled

CLASSIFIERS = ("fc.", "classifier.", "head.", "heads.")


def start_from(student: MultiCropNet, weights: Weights) -> None:
    """Give the student the weights. Raises ContentError, one sentence, when they are of another backbone."""
    backbone = student.backbone
    tensors = _of_vit(backbone, weights) if isinstance(backbone, VisionTransformer) else _of_library(student, weights)
    check_fit(backbone, tensors, weights.source, _held(weights))
    backbone.load_state_dict(dict(tensors))
    if isinstance(student.head, Head):
        _start_head(student.head, weights.head)


def _of_vit(backbone: VisionTransformer, weights: Weights) -> Mapping[str, Tensor]:
    if not is_vit(weights):
        raise ContentError(
            f"{weights.source or 'the file'} holds {name_of(weights)}, no vision transformer of this package; "
            "name weights of the network's own backbone"
        )
    shape, own = shape_of(weights), backbone.heads
    if told_heads(weights) not in (None, own):
        source = weights.source or "the weights"
        raise ContentError(
            f"{source} and the network do not fit: {shape.size.heads} heads, and there should be {own}{_held(weights)}"
        )
    grid = (shape.image_size[0] // shape.patch_size, shape.image_size[1] // shape.patch_size)
    if grid == backbone.grid:
        return weights.backbone
    return {**weights.backbone, "pos_embed": resampled(weights.backbone["pos_embed"].float(), grid, backbone.grid)}


def _held(weights: Weights) -> str:
    return f"; the file holds {name_of(weights)}, so choose that backbone or other weights"


def _of_library(student: MultiCropNet, weights: Weights) -> Mapping[str, Tensor]:
    """The tensors under the names of `Backbone`, which puts `network.` before the library's own."""
    named = {PREFIX + name.removeprefix(PREFIX): tensor for name, tensor in weights.backbone.items()}
    places, left = student.backbone.state_dict(), tuple(PREFIX + name for name in CLASSIFIERS)
    return {name: tensor for name, tensor in named.items() if name in places or not name.startswith(left)}


def _start_head(head: Head, tensors: Mapping[str, Tensor]) -> None:
    """Prototypes whose norm is fixed keep it at one, whatever it is in the file."""
    own = head.state_dict()
    if {name: tensor.shape for name, tensor in tensors.items()} != {name: tensor.shape for name, tensor in own.items()}:
        return
    norms = {} if head.last_layer.weight_g.requires_grad else {"last_layer.weight_g": own["last_layer.weight_g"]}
    head.load_state_dict({**tensors, **norms})
