"""The picture: the points that fell into the circle, and those that did not."""

import random

from {{ package }}.estimate import circle

SIDE = 320


def points_svg(points: int, seed: int) -> str:
    """An SVG of `points` random points in the square, dark inside the circle and light outside."""
    source = random.Random(seed)
    dots = [_dot(source.uniform(-1, 1), source.uniform(-1, 1)) for _ in range(points)]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}">',
        f'<rect width="{SIDE}" height="{SIDE}" fill="#ffffff"/>',
        *dots,
        f'<circle cx="{SIDE / 2}" cy="{SIDE / 2}" r="{SIDE / 2}" fill="none" stroke="#1d3557"/>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _dot(x: float, y: float) -> str:
    colour = "#1d3557" if circle(x, y) else "#e07a5f"
    return f'<circle cx="{(x + 1) * SIDE / 2:.1f}" cy="{(y + 1) * SIDE / 2:.1f}" r="2" fill="{colour}"/>'
