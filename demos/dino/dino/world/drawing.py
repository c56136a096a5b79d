"""One picture: an object in some pose, painted, before clouds and strokes, under a light, with noise.

Colours are [size, size, 3]: brightness from −0.5 to 0.5, then the two differences of colour Cb and Cr (ITU-R BT.601),
which have no brightness. What is grey sees the first alone.

The random numbers of a picture are drawn in one order whatever `background` is, so that the dial changes what is behind
an object and nothing else.
"""

import math
import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dino.world.outlines import Outline, Plane
from dino.world.patterns import Pattern
from dino.world.scenery import clouds, covered, grid, light, noise, stroke

Colours = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

RADIUS = (0.7, 0.9)
REACH = 1.1
"""An object's radius and how far its middle is from the picture's are no more together: a part of it may be cut off."""
CONTRAST = (0.3, 0.4)
TINT, RIM = 0.2, 0.1
CLOUDS, CLOUD_TINTS, STROKES, STROKE = 0.1, 0.4, 2, 0.4
LIGHT, NOISE = 0.1, 0.04
OWN_BRIGHTNESS, OWN_TINT, OWN_STROKES = 0.3, 0.16, 8


@dataclass(frozen=True)
class Kind:
    """A class of objects: what names it. Where it is `dark`, light figures lie on a dark base; else the reverse."""

    name: str
    outline: Outline
    pattern: Pattern
    dark: bool


@dataclass(frozen=True)
class Pose:
    """Where an object is, in units of half a picture, and how it is turned, mirrored, stretched and bent."""

    x: float
    y: float
    radius: float
    angle: float
    mirror: int
    stretch: float
    bend: float
    wave: float

    @classmethod
    def any(cls, numbers: random.Random) -> "Pose":
        """A pose of the many."""
        radius = numbers.uniform(*RADIUS)
        reach = REACH - radius
        return cls(
            x=numbers.uniform(-reach, reach),
            y=numbers.uniform(-reach, reach),
            radius=radius,
            angle=numbers.uniform(0, math.tau),
            mirror=numbers.choice((-1, 1)),
            stretch=math.exp(numbers.uniform(-0.15, 0.15)),
            bend=numbers.uniform(-0.12, 0.12),
            wave=numbers.uniform(0, math.tau),
        )

    def seen_from(self, x: Plane, y: Plane) -> tuple[Plane, Plane]:
        """The picture's places in the object's own coordinates, whose unit is its radius."""
        x, y = _turned((x - self.x) / self.radius, (y - self.y) / self.radius, self.angle)
        x, y = x * self.mirror * self.stretch, y / self.stretch
        return x + self.bend * np.sin(2.5 * y + self.wave), y + self.bend * np.sin(2.5 * x - self.wave)


def draw(numbers: random.Random, kind: Kind, background: float, size: int) -> tuple[Pixels, Mask]:
    """A picture [size, size, 3] of one object, and the pixels of which at least half are the object's [size, size]."""
    x, y = grid(size)
    pose = Pose.any(numbers)
    places = pose.seen_from(x, y)
    inside = kind.outline(*places)
    coverage = covered(inside * pose.radius, size)
    painted = _painted(numbers, kind, places, inside, coverage)
    ground = _ground(numbers, x, y, background)
    picture = ground + coverage[..., None] * (painted - ground)
    picture[..., 0] += LIGHT * light(numbers, x, y)
    picture[..., 0] += NOISE * (noise(numbers, size) + noise(numbers, size))
    return _pixels(picture), coverage >= 0.5


def _painted(
    numbers: random.Random, kind: Kind, places: tuple[Plane, Plane], inside: Plane, coverage: Plane
) -> Colours:
    """The object's colours: base along the rim, figures on base within, and no brightness on the whole."""
    scale, angle, shift = math.exp(numbers.uniform(-0.15, 0.15)), numbers.uniform(0, math.tau), numbers.random()
    x, y = _turned(*places, angle)
    x, y = x + numbers.uniform(-1, 1), y + numbers.uniform(-1, 1)
    figure = (kind.pattern(scale * x, scale * y, shift) + 1) / 2 * np.clip((inside - RIM) / 0.05, 0, 1)
    tone = 2 * (figure - (figure * coverage).sum() / coverage.sum())
    contrast = numbers.uniform(*CONTRAST) * (1 if kind.dark else -1)
    base, other = _tint(numbers, TINT), _tint(numbers, TINT)
    return np.stack([contrast * tone, *(b + (o - b) * figure for b, o in zip(base, other, strict=True))], axis=-1)


def _ground(numbers: random.Random, x: Plane, y: Plane, background: float) -> Colours:
    """Clouds and strokes; with `background`, a brightness, a tint, and more or less of both, of the picture's own."""
    size = len(x)
    brightness, tint = numbers.uniform(-OWN_BRIGHTNESS, OWN_BRIGHTNESS), _tint(numbers, OWN_TINT)
    strength = CLOUDS * 2 ** (background * numbers.uniform(-1.5, 1))
    tilt = background * numbers.uniform(-0.5, 0.7)
    count = STROKES + round(background * numbers.uniform(-STROKES, OWN_STROKES))
    layers = [clouds(numbers, size, tilt + 0.1), *(CLOUD_TINTS * clouds(numbers, size, tilt + 0.5) for _ in range(2))]
    ground = background * np.array([brightness, *tint]) + strength * np.stack(layers, axis=-1)
    strokes = [stroke(numbers, x, y) for _ in range(STROKES + OWN_STROKES)]
    ground[..., 0] += STROKE * sum(each.tone * each.coverage for each in strokes[:count])
    return ground


def _tint(numbers: random.Random, strength: float) -> tuple[float, float]:
    """Any Cb and Cr, at most so strong."""
    hue, amount = numbers.uniform(0, math.tau), strength * numbers.random()
    return amount * math.cos(hue), amount * math.sin(hue)


def _turned(x: Plane, y: Plane, angle: float) -> tuple[Plane, Plane]:
    cos, sin = math.cos(angle), math.sin(angle)
    return cos * x + sin * y, cos * y - sin * x


def _pixels(colours: Colours) -> Pixels:
    """Red, green and blue of 8 bits."""
    bright, blue, red = colours[..., 0] + 0.5, colours[..., 1], colours[..., 2]
    channels = [bright + 1.402 * red, bright - 0.344136 * blue - 0.714136 * red, bright + 1.772 * blue]
    return np.rint(255 * np.clip(np.stack(channels, axis=-1), 0, 1)).astype(np.uint8)
