"""Features that are kept: computed once, found again, and never half of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from on_two import on_two

from dino.data.images import open_images
from dino.errors import WorldError
from dino.evaluate.features import Extraction, Features, features
from dino.evaluate.frozen import Frozen, frozen

HOW = Extraction(torch.device("cpu"), batch=5)


@pytest.fixture
def network(checkpoint: Path) -> Frozen:
    return frozen(checkpoint)


class Counting(torch.nn.Module):
    """Counts the images that a network was asked about."""

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner, self.seen = inner, 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen += len(images)
        found: torch.Tensor = self.inner(images)
        return found


def found(network: Frozen, photographs: Path, shelf: Path | None, how: Extraction = HOW) -> Features:
    return features(network, open_images(photographs), how, shelf)


def test_they_are_the_networks_of_each_image_in_order(network: Frozen, photographs: Path, tmp_path: Path) -> None:
    kept = found(network, photographs, tmp_path)
    assert torch.equal(kept.labels, torch.tensor(open_images(photographs).labels))
    assert torch.equal(kept.values, found(network, photographs, None).values)
    assert kept.values.shape == (24, 16)


def test_a_second_time_nothing_is_computed(network: Frozen, photographs: Path, tmp_path: Path) -> None:
    counting = Counting(network.network)
    counted = replace(network, network=counting)
    first = found(counted, photographs, tmp_path)
    assert torch.equal(found(counted, photographs, tmp_path).values, first.values)
    assert counting.seen == 24


@pytest.mark.parametrize("what", ["values.npy", "labels.npy", "about.json"])
def test_what_is_kept_in_part_is_computed_anew(network: Frozen, photographs: Path, tmp_path: Path, what: str) -> None:
    first = found(network, photographs, tmp_path)
    expected = first.values.clone()
    (place,) = tmp_path.iterdir()
    file = place / what
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(data[: len(data) // 2])
    assert torch.equal(found(network, photographs, tmp_path).values, expected)


def test_another_network_size_or_precision_has_features_of_its_own(
    network: Frozen, photographs: Path, tmp_path: Path, checkpoint: Path
) -> None:
    found(network, photographs, tmp_path)
    found(replace(network, digest="another"), photographs, tmp_path)
    found(frozen(checkpoint, (24, 16)), photographs, tmp_path)
    assert found(network, photographs, tmp_path, replace(HOW, half=True)).values.dtype == torch.float16
    assert len(list(tmp_path.iterdir())) == 4


def test_a_computation_that_is_interrupted_leaves_nothing(network: Frozen, photographs: Path, tmp_path: Path) -> None:
    class Stops(torch.nn.Module):
        def forward(self, _: torch.Tensor) -> torch.Tensor:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found(replace(network, network=Stops()), photographs, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_shelf_that_cannot_be_written_is_one_sentence(network: Frozen, photographs: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorldError, match="name another folder with --features"):
        found(network, photographs, tmp_path / "file")


def test_two_processes_keep_what_one_keeps(
    network: Frozen, photographs: Path, checkpoint: Path, tmp_path: Path
) -> None:
    one = found(network, photographs, None)
    words = [
        "eval",
        "knn",
        str(checkpoint),
        str(photographs),
        "--features",
        str(tmp_path / "shelf"),
        "--batch-size",
        "5",
    ]
    assert on_two(words) == [0, 0]
    (place,) = (tmp_path / "shelf").iterdir()
    np.testing.assert_allclose(np.load(place / "values.npy"), one.values.numpy(), atol=1e-6)
    np.testing.assert_array_equal(np.load(place / "labels.npy"), one.labels.numpy())
