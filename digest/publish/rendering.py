"""Rendering ahead: the bodies of a library as prose, in a process for every core when many are new."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from digest.library.prose import Prose, ProseError, memory, render
from digest.library.reading import Library
from digest.publish.engines import cores

WORTH_A_PROCESS = 300
"""How many bodies take longer to render than another process to start."""

Body = tuple[str, str]
"""A body, and the file it stands in."""


def render_ahead(library: Library) -> None:
    """Sees to it that the prose of every body is known, when that is quicker together than one after the other."""
    bodies = [(body, written.id) for written in library.written.values() for body, _ in written.parts]
    new = [body for body in bodies if memory.recall(body) is None]
    shares = min(cores(), len(new) // WORTH_A_PROCESS)
    if shares < 2:
        return
    parts = [new[share::shares] for share in range(shares)]
    with ProcessPoolExecutor(shares - 1, mp_context=get_context("spawn")) as pool:
        others = pool.map(render_all, parts[1:])
        rendered = [render_all(parts[0]), *others]
    for part, proses in zip(parts, rendered, strict=True):
        for body, prose in zip(part, proses, strict=True):
            if prose:
                memory.remember(body, prose)


def render_all(bodies: Sequence[Body]) -> list[Prose | None]:
    """The prose of some bodies; None of one that cannot be rendered, which proofreading will say."""
    return [_prose(*body) for body in bodies]


def _prose(body: str, identifier: str) -> Prose | None:
    try:
        return render(body, identifier)
    except ProseError:
        return None
