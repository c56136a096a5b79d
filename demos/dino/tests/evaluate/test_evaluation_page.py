"""The page of a k-NN evaluation: it stands alone, and what it says is what was found."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from PIL import Image

from dino.data.images import Images, open_images
from dino.evaluate.knn import Answers, metrics
from dino.evaluate.outcome import Outcome
from dino.evaluate.report import MATRIX, Sets, report
from dino.neighbours import Neighbours

Dino = Callable[..., tuple[int, str, str]]
NAMES = ["cat & <dog>", "fish", "owl"]


@pytest.fixture
def images(tmp_path: Path) -> Images:
    """Two images of each class."""
    for name in NAMES:
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(2):
            Image.new("RGB", (12, 9), (number * 90, 40, 40)).save(tmp_path / "set" / name / f"{number}.png")
    return open_images(tmp_path / "set")


@pytest.fixture
def page(images: Images) -> str:
    """Each image asked about by the others: its neighbours are the one after it and the one after that."""
    count = len(images)
    rows = torch.stack([(torch.arange(count) + step) % count for step in (1, 2)], dim=1)
    elected = torch.tensor(images.labels)[rows[:, :1]]
    found = Answers(
        Neighbours(torch.tensor([[0.9, 0.5]]).repeat(count, 1), rows), {2: elected}, torch.tensor(images.labels)
    )
    asked = {"images": images.place, "voting": count, "asked": count, "leave_one_out": True}
    return report(Outcome("k-NN", "vit", asked, metrics(found)), found, Sets(images, images), 2, 0.07)


def text(page: str) -> str:
    """The words of a page, its tags as spaces."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def test_it_fetches_nothing(page: str) -> None:
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "http" not in page
    assert "<script" not in page


def test_a_class_is_told_by_what_it_was_taken_for(page: str) -> None:
    assert "fish 2 50.0 0.0 to 100.0 owl (1)" in text(page)  # the first fish's next is a fish, the second's an owl


def test_the_matrix_is_in_percent_of_the_class(page: str) -> None:
    rows = re.findall(r'<th scope="row">(.+?)</th>(.+?)</tr>', page)
    cells = {name: re.findall(r"<td[^>]*>(\d*)</td>", cells) for name, cells in rows}
    assert cells == {"cat &amp; &lt;dog&gt;": ["50", "50", ""], "fish": ["", "50", "50"], "owl": ["50", "", "50"]}


def test_the_hardest_are_those_that_were_taken_for_another_class(page: str) -> None:
    hardest = page.partition('id="hardest"')[2].partition('id="neighbours"')[0]
    assert hardest.count('class="said"') == 3
    assert "fish, taken for owl by" in hardest


def test_names_are_escaped_and_every_tag_is_closed(page: str) -> None:
    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "img"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    assert "<dog>" not in page


def test_of_many_classes_the_largest_confusions_stand_in_place_of_the_matrix() -> None:
    from dino.evaluate.report import _confusion

    counts = torch.eye(MATRIX + 1, dtype=torch.int64) * 5
    counts[3, 7] = 2
    found = _confusion(counts, [f"class {number}" for number in range(MATRIX + 1)])
    assert "class 3 class 7 2" in text(found)
    assert found.count("<tr>") == 2


def test_the_command_writes_it(dino: Dino, checkpoint: Path, photographs: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    assert dino("eval", "knn", checkpoint, photographs, "--k", 3, "--report", file)[0] == 0
    assert "k-NN of vit:16x2x2/4" in text(file.read_text("utf-8"))
    assert str(tmp_path) not in file.read_text("utf-8")


def test_a_page_that_cannot_be_written_is_one_sentence(
    dino: Dino, checkpoint: Path, photographs: Path, tmp_path: Path
) -> None:
    status, _, err = dino("eval", "knn", checkpoint, photographs, "--report", tmp_path / "no" / "page.html")
    assert status == 3
    assert err.count("\n") == 1
