"""Where the fast path is compiled: on a GPU that can, unless it is not wanted."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch

from dino import building
from dino.building import choose_path
from dino.config import Config
from dino.fast.compiling import compiles
from dino.fast.path import fast
from dino.sight import plain

CPU, GPU = torch.device("cpu"), torch.device("cuda")


def config_of(**values: Any) -> Config:
    return replace(Config(), optim=replace(Config().optim, **values))


def is_compiled(path: Any) -> bool:
    return isinstance(path, partial) and path.func is fast and path.keywords == {"compiled": True}


def test_on_a_gpu_that_can_compile_the_fast_path_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "compiles", lambda _: True)
    assert is_compiled(choose_path(config_of(), GPU))
    assert choose_path(config_of(compile=False), GPU) is fast
    assert choose_path(config_of(computation="plain"), GPU) is plain


def test_where_compiling_fails_it_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "compiles", lambda _: False)
    assert choose_path(config_of(), GPU) is fast


def test_a_processor_is_not_even_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "compiles", lambda _: pytest.fail("asked"))
    assert choose_path(config_of(), CPU) is fast


def test_a_compiler_that_is_missing_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        def fail(_: Any) -> Any:
            raise RuntimeError("no compiler")

        return fail

    monkeypatch.setattr(torch, "compile", broken)
    assert compiles.__wrapped__(CPU) is False
