"""Unreadable images are named, counted, skipped up to a limit, and replaced by a pure function."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dino.data.faults import Fault, Faults, UnreadableError, next_readable, printable
from dino.errors import ContentError


class Marked:
    """Images of which some are broken."""

    def __init__(self, broken: list[bool]) -> None:
        self.broken = broken

    def __len__(self) -> int:
        return len(self.broken)

    def load(self, index: int) -> Image.Image:
        if self.broken[index]:
            raise UnreadableError(f"{index}.png", "is empty (0 bytes)")
        return Image.new("L", (1, 1), index)


def test_a_readable_image_stands_for_itself() -> None:
    found = next_readable(Marked([False, False]), 1)
    assert (found.index, found.image.getpixel((0, 0)), found.faults) == (1, 1, ())


def test_an_unreadable_image_is_replaced_by_the_next_readable_one_and_after_the_last_comes_the_first() -> None:
    found = next_readable(Marked([True, False, False, True]), 3)
    assert (found.index, found.image.getpixel((0, 0))) == (1, 1)
    assert found.faults == (Fault(3, "3.png", "is empty (0 bytes)"), Fault(0, "0.png", "is empty (0 bytes)"))


@given(st.lists(st.booleans(), min_size=1, max_size=12).filter(lambda broken: not all(broken)), st.data())
def test_the_replacement_is_always_readable_and_always_the_same(broken: list[bool], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(broken) - 1))
    first, second = next_readable(Marked(broken), index), next_readable(Marked(broken), index)
    assert not broken[first.index]
    assert (first.index, first.faults) == (second.index, second.faults)
    assert [fault.index for fault in first.faults] == [
        (index + step) % len(broken) for step in range((first.index - index) % len(broken))
    ]


def test_a_set_without_a_readable_image_ends_with_a_sentence() -> None:
    with pytest.raises(ContentError) as caught:
        next_readable(Marked([True] * 3), 2)
    assert str(caught.value) == (
        "3 images one after another cannot be read, the first 2.png (is empty (0 bytes)); "
        "look whether the data set was copied whole"
    )


def test_a_thousand_unreadable_images_in_a_row_end_the_search() -> None:
    with pytest.raises(ContentError, match=r"^1,000 images one after another"):
        next_readable(Marked([True] * 5000), 0)


def faults(*indices: int) -> Faults:
    all_faults = Faults()
    all_faults.add(Fault(index, f"{index}.png", "is empty") for index in indices)
    return all_faults


def test_each_fault_counts_once_and_is_told_once() -> None:
    counted = faults(4)
    assert counted.add([Fault(4, "4.png", "is empty"), Fault(2, "2.png", "is empty")]) == [
        Fault(2, "2.png", "is empty")
    ]
    assert len(counted) == 2
    assert [fault.index for fault in counted.all] == [2, 4]


def test_up_to_the_limit_nothing_is_raised() -> None:
    faults(1, 2).raise_above(2)
    Faults().raise_above(0)


def test_above_the_limit_the_first_are_named() -> None:
    with pytest.raises(ContentError) as caught:
        faults(9, 1, 2, 3).raise_above(3)
    assert str(caught.value) == (
        "4 images cannot be read, and 3 may be skipped: 1.png (is empty); 2.png (is empty); 3.png (is empty); "
        "and 1 more; mend or remove them, or raise the limit"
    )
    with pytest.raises(ContentError, match=r"^1 image cannot be read, and 0 may be skipped: 9.png \(is empty\); mend"):
        faults(9).raise_above(0)


def test_faults_survive_a_checkpoint() -> None:
    again = Faults.from_facts(json.loads(json.dumps(faults(3, 1).facts())))
    assert again.all == faults(1, 3).all


def test_an_unreadable_error_crosses_processes_and_says_one_sentence() -> None:
    again = pickle.loads(pickle.dumps(UnreadableError("a\udcff\n.png", "is empty")))  # noqa: S301 - our own
    assert (again.name, again.why) == ("a\udcff\n.png", "is empty")
    assert str(again) == "a\\xff\\n.png: is empty"
    assert again.status == 1


def test_a_printable_name_is_itself() -> None:
    assert printable("kätzchen 1.jpg") == "kätzchen 1.jpg"
