"""Video object segmentation on DAVIS 2017 by frozen features (paper section 4.2.2 and Table 5).

The objects' masks in the first frame are carried through the sequence (`dino.evaluate.propagation`) and compared with
the annotated ones: region similarity J, the Jaccard index, and boundary measure F (Perazzi et al. 2016).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from dino.augment import to_tensor
from dino.config import Data
from dino.data.davis import LIST, Video
from dino.data.palette import Numbers
from dino.errors import ContentError
from dino.evaluate.bootstrap import interval
from dino.evaluate.boundaries import boundary_measure
from dino.evaluate.outcome import Metric
from dino.evaluate.propagation import Propagation, followed
from dino.segmentation import jaccard
from dino.vit import VisionTransformer

PUBLISHED_STD = (0.228, 0.224, 0.225)
"""What the authors' evaluation divides by: 0.229 with a slip of the pen, which their published numbers have too."""
LONG = 64
"""The long side is a multiple of so many pixels, as the authors have it."""
RECALL = 0.5
"""A frame is recalled where its measure is above this."""

Tokens = Callable[[Image.Image], Tensor]
"""A picture's features by patch: [rows, columns, dim]."""


@dataclass(frozen=True, eq=False)
class Scores:
    """J and F of each measured frame and object: [frames, objects] each."""

    regions: Tensor
    boundaries: Tensor


@dataclass(frozen=True)
class Sight:
    """How a frozen vision transformer sees a frame: its short side, and the mean and deviation of its values."""

    network: VisionTransformer
    size: int
    data: Data
    device: torch.device

    @torch.no_grad()
    def __call__(self, picture: Image.Image) -> Tensor:
        """The last block's tokens, through the final norm, of the frame resized bilinearly: [rows, columns, dim]."""
        patch = self.network.patch_size
        height, width = seen_size(picture.height, picture.width, self.size, patch)
        whole = to_tensor(picture, self.data)[None].to(self.device)
        images = F.interpolate(whole, (height, width), mode="bilinear")
        (tokens,) = self.network.intermediate(images)
        return tokens[0, 1:].view(height // patch, width // patch, -1)


def seen_size(height: int, width: int, short: int, patch: int) -> tuple[int, int]:
    """The size at which a frame is seen: the long side a multiple of 64 pixels, and both of the patch.

    Of a square the height counts as the long side, as with the authors.
    """
    long = short * max(height, width) // min(height, width)
    sides = [max(1, side // patch) * patch for side in (short, long // LONG * LONG or long)]
    return (sides[0], sides[1]) if width > height else (sides[1], sides[0])


def segmented(video: Video, tokens: Tokens, patch: int, how: Propagation, channels: int = 3) -> Iterator[Numbers]:
    """The object's number of each pixel of every frame after the first, whose own are known: [height, width] each.

    Raises ContentError where the first frame shows no object.
    """
    first = video.mask(0)
    if not first.any():
        raise ContentError(f"{video.frames[0].mask} shows no object to follow; leave {video.name} out of {LIST}")
    frames = (tokens(frame.picture(channels)) for frame in video.frames)
    start = next(frames)
    known = _on_grid(first, start.shape[0], start.shape[1]).to(start)
    for mask in followed(chain((start,), frames), known, how):
        yield decided(mask, patch, first.shape)


def _on_grid(numbers: Numbers, rows: int, columns: int) -> Tensor:
    """The mask of the ground and of each object, by the pixel in each patch's middle: [channels, rows, columns]."""
    small = Image.fromarray(numbers).resize((columns, rows), Image.Resampling.NEAREST)
    return F.one_hot(torch.from_numpy(numpy.array(small)).long(), int(numbers.max()) + 1).permute(2, 0, 1)


def decided(mask: Tensor, patch: int, size: Sequence[int]) -> Numbers:
    """The number of the strongest channel of a mask [channels, rows, columns] at each pixel of a frame of this size.

    Patches are enlarged bilinearly, each channel is stretched to run from 0 to 1, and of what is strongest there each
    pixel of the frame takes the nearest.
    """
    large = F.interpolate(mask[None], scale_factor=patch, mode="bilinear")[0]
    strongest = stretched(large).argmax(dim=0).to(torch.uint8).cpu().numpy()
    return numpy.array(Image.fromarray(strongest).resize((size[1], size[0]), Image.Resampling.NEAREST))


def stretched(mask: Tensor) -> Tensor:
    """Each channel [channels, height, width] less its least value and over its greatest; an even one as it is.

    The authors' code, which calls it `norm_mask`, divides zero by zero where a channel is even and above zero, and
    that channel then wins everywhere; here it wins where it is the strongest.
    """
    least, most = mask.amin(dim=(1, 2), keepdim=True), mask.amax(dim=(1, 2), keepdim=True)
    return torch.where(most > least, (mask - least) / (most - least), mask)


def scored(video: Video, found: Iterable[Numbers]) -> Scores:
    """J and F of the objects that the first frame shows, in all frames but the first and the last (DAVIS 2017)."""
    shown = numpy.unique(video.mask(0))
    objects = torch.from_numpy(shown[shown > 0])[:, None, None]
    regions, boundaries = [], []
    for index, numbers in enumerate(found, 1):
        if index == len(video.frames) - 1:
            continue
        masks, truth = (torch.from_numpy(each) == objects for each in (numbers, video.mask(index)))
        regions.append(jaccard(masks, truth))
        boundaries.append(boundary_measure(masks, truth))
    return Scores(torch.stack(regions), torch.stack(boundaries))


def by_object(scores: Scores) -> dict[str, Tensor]:
    """J and F of each object over its frames, in percent: the means, their mean, and the share of frames recalled."""
    means = {"J": scores.regions.mean(dim=0), "F": scores.boundaries.mean(dim=0)}
    measures = {
        "J&F": (means["J"] + means["F"]) / 2,
        "J": means["J"],
        "J recall": (scores.regions > RECALL).float().mean(dim=0),
        "F": means["F"],
        "F recall": (scores.boundaries > RECALL).float().mean(dim=0),
    }
    return {name: 100 * values for name, values in measures.items()}


def metrics(scores: Iterable[Scores]) -> list[Metric]:
    """The means over the objects of all sequences, each with its interval had other objects been filmed."""
    each = [by_object(sequence) for sequence in scores]
    objects = {name: torch.cat([measures[name] for measures in each]) for name in each[0]}
    return [Metric(name, float(values.mean()), interval(values)) for name, values in objects.items()]
