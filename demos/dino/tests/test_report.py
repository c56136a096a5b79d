"""The report of a run: what it shows, says in words, and is made of."""

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from dino import snapshots
from dino.commands import report as command
from dino.drawings import GAP, LIGHT, WIDTH, Cell, Panel, places_of, plot, thinned
from dino.errors import ContentError, WorldError
from dino.history import Series, gather
from dino.journal import Journal
from dino.report import facts, report
from dino.vit import Size, VisionTransformer

PICTURES = [
    "learning-loss", "learning-knn", "vitals-entropies", "vitals-divergence", "vitals-center", "vitals-rank",
    "schedules-rate", "schedules-decay", "schedules-momentum", "schedules-temperature", "speed-images",
    "speed-waiting", *(f"{name}-{image}" for name in ("crops", "attention", "heads") for image in (1, 2, 3)),
]  # fmt: skip
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Elements(HTMLParser):
    """Every element with its attributes; `open` are those that were never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "source"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short run's folder: 60 steps, three evaluations, one warning, two looks at three images."""
    folder = tmp_path_factory.mktemp("runs") / "cats & dogs"
    with Journal(folder) as journal:
        for step in range(1, 61):
            values = {"loss": 6.9 / step**0.5, "ln_k": 6.931, "kl": 0.5 / step, "center_norm": 0.1 * step}
            entropies = {"teacher_entropy": 3.0, "student_entropy": 3.2, "marginal_entropy": 5.0, "feature_rank": 9.0}
            speed = {"images_per_second": 100.0 + step % 7, "data_wait": 0.01, "memory": 2**30}
            rates = {"lr": 1e-4 * step, "wd": 0.04, "momentum": 0.996, "teacher_temp": 0.04}
            journal.write({"kind": "step", "step": step, "epoch": step / 20, **values, **entropies, **speed, **rates})
            if step % 20 == 0:
                journal.write({"kind": "knn", "step": step, "epoch": step / 20, "k": 20, "top1": 30.0 + step % 40})
        journal.write({"kind": "warning", "step": 60, "what": "K < 2 & falling.", "remedy": "cool <down>"})
    (folder / "config.toml").write_text('[model]\nbackbone = "vit_tiny"\n')
    torch.manual_seed(0)
    network = VisionTransformer((32, 32), 8, size=Size(24, 2, 3))
    images = torch.randn(3, 3, 32, 32)
    snapshots.keep_images(folder, images, [images, images, images[:, :, :16, :16]], MEAN, STD)
    for step in (0, 60):
        assert snapshots.look(folder, step, step / 20, network, images)
    report(folder)
    return folder


@pytest.fixture(scope="module")
def page(run: Path) -> str:
    return (run / "report.html").read_text()


def test_the_page_stands_alone(page: str) -> None:
    elements = Elements(page)
    assert elements.open == []
    assert not elements.all("script")
    assert not elements.all("link")
    for name in ("src", "srcset", "href"):
        for _, attributes in elements.found:
            assert (attributes.get(name) or "data:").startswith("data:image/png;base64,") or name not in attributes
    assert "url(" not in page


def test_every_picture_has_a_text_with_numbers_and_a_dark_twin(page: str) -> None:
    images, sources = Elements(page).all("img"), Elements(page).all("source")
    assert len(images) == len(sources) == len(PICTURES)
    assert all(re.search(r"\d", image["alt"] or "") for image in images)
    assert {source["media"] for source in sources} == {"(prefers-color-scheme: dark)"}


def test_a_curve_is_told_from_its_first_value_to_its_last(page: str) -> None:
    assert "Loss: loss from 6.9 to 0.8908, between 0.8908 and 6.9; ln K, a uniform output: 6.931." in page
    assert "k-NN from 50 to 50, between 30 and 50" in page


def test_the_facts_come_first(run: Path) -> None:
    assert facts(gather(run)) == [
        ("Steps", "60, 3 epochs"),
        ("Loss", "6.900 to 0.891 (ln K is 6.931)"),
        ("k-NN, best", "50.0 % at step 20"),
        ("k-NN, last", "50.0 % (k = 20)"),
        ("Images per second", "103 (median)"),
        ("Memory, peak", "1.00 GiB"),
        ("Warnings", "1"),
    ]


def test_what_a_record_says_is_text(page: str) -> None:
    assert "Step 60. K &lt; 2 &amp; falling." in page
    assert "Remedy: cool &lt;down&gt;." in page
    assert "<h1>cats &amp; dogs: a DINO run</h1>" in page
    assert "backbone = &quot;vit_tiny&quot;" in page


def test_the_same_run_gives_the_same_bytes(run: Path, page: str) -> None:
    before = {path.name: path.read_bytes() for path in (run / "report").iterdir()}
    assert report(run) == run / "report.html"
    assert (run / "report.html").read_text() == page
    assert {path.name: path.read_bytes() for path in (run / "report").iterdir()} == before


def test_the_pictures_lie_beside_as_png_and_are_those_in_the_page(run: Path, page: str) -> None:
    names = {path.stem for path in (run / "report").iterdir()}
    assert names == set(PICTURES) | {f"{name}-dark" for name in PICTURES}
    for name in names:
        data = (run / "report" / f"{name}.png").read_bytes()
        assert base64.b64encode(data).decode() in page
        assert int.from_bytes(data[16:20], "big") > 300


def test_the_dark_pictures_are_dark_and_the_light_ones_light(run: Path) -> None:
    for name, ground in (("learning-loss", 255), ("learning-loss-dark", 0x17)):
        with Image.open(run / "report" / f"{name}.png") as picture:
            assert picture.convert("RGB").getpixel((1, 1)) == (ground, ground, 0x1A if ground < 255 else 255)


def test_a_run_of_one_step_without_looks_has_a_report(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write({"kind": "step", "step": 1, "epoch": 0.1, "loss": 7.0})
    page = report(tmp_path).read_text()
    assert len(Elements(page).all("img")) == 1
    assert "<dd>none yet: a collapse can be told from step 299 on</dd>" in page


@pytest.mark.parametrize(("step", "told"), [(298, "none yet: a collapse can be told from step 299 on"), (299, "none")])
def test_a_run_too_short_to_be_judged_says_so(tmp_path: Path, step: int, told: str) -> None:
    with Journal(tmp_path) as journal:
        journal.write({"kind": "step", "step": step, "loss": 7.0})
    assert facts(gather(tmp_path))[-1] == ("Warnings", told)


def test_a_run_without_a_step_and_a_loss_that_is_no_number_have_a_report(tmp_path: Path) -> None:
    with Journal(tmp_path / "a"):
        pass
    assert "<h1>a: a DINO run</h1>" in report(tmp_path / "a").read_text()
    with Journal(tmp_path / "b") as journal:
        for step, loss in enumerate([7.0, float("nan"), 6.0]):
            journal.write({"kind": "step", "step": step, "loss": loss})
    assert "loss from 7 to 6" in report(tmp_path / "b").read_text()


def test_what_is_no_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"is no run: it has no log\.jsonl; name the folder"):
        report(tmp_path)


def test_without_matplotlib_it_is_one_sentence(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(WorldError, match="a report needs matplotlib: run `pip install matplotlib`"):
        report(run)


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with Journal(tmp_path):
        pass
    (tmp_path / "report").write_text("a file in the way")
    with pytest.raises(WorldError, match="the report cannot be written"):
        report(tmp_path)


def test_a_damaged_snapshot_is_named(tmp_path: Path) -> None:
    with Journal(tmp_path):
        pass
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "attention-00000001.safetensors").write_bytes(b"damaged")
    with pytest.raises(ContentError, match=r"attention-00000001\.safetensors is damaged; delete it"):
        report(tmp_path)


def test_the_command_says_where_the_page_is(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args([str(run)])) == 0
    assert capsys.readouterr().out == f"{run / 'report.html'}\n"


def test_pixels_come_back_from_a_normalised_image() -> None:
    pixels = torch.randint(0, 256, (2, 5, 4, 3), dtype=torch.uint8)
    normal = (pixels.permute(0, 3, 1, 2) / 255 - torch.tensor(MEAN).reshape(1, 3, 1, 1)) / torch.tensor(STD).reshape(
        1, 3, 1, 1
    )
    assert torch.equal(snapshots.as_pixels(normal, MEAN, STD), pixels)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_images_of_any_number_of_channels_can_be_shown(channels: int) -> None:
    shown = snapshots.as_pixels(torch.zeros(1, channels, 4, 6), [0.5] * channels, [0.2] * channels)
    assert shown.shape == (1, 4, 6, 3)


def test_attention_of_an_image_that_is_no_square_keeps_its_rows_and_columns(tmp_path: Path) -> None:
    network = VisionTransformer((16, 32), 8, size=Size(24, 1, 3), registers=2)
    snapshots.look(tmp_path, 5, 0.5, network, torch.randn(1, 3, 16, 32))
    (kept,) = snapshots.read(tmp_path).attention
    assert kept.maps.shape == (1, 3, 2, 4)
    assert (kept.step, kept.epoch) == (5, 0.5)
    assert network.training
    assert not snapshots.look(tmp_path, 6, 0.6, torch.nn.Identity(), torch.zeros(1))


def test_the_pictures_lie_one_below_the_other_on_a_phone_and_in_pairs_on_a_desk(page: str) -> None:
    assert page.count('<div class="grid">') == page.count("<figure>") == 7
    assert ".grid { display: grid; grid-template-columns: minmax(0, 1fr);" in page
    assert "@media (min-width: 48rem) { .grid { grid-template-columns: repeat(2, minmax(0, 1fr));" in page


@pytest.mark.parametrize("values", [[9.0, 9.0, 9.0], [1.0, 5.0, 2.0], [0.0, 0.0, 0.0]])
@pytest.mark.parametrize("zero", [True, False])
def test_no_line_lies_on_the_upper_edge_and_a_step_is_a_whole_number(values: list[float], zero: bool) -> None:
    axes = Figure().add_subplot()
    series = Series("rank", np.array([1.0, 2.0, 3.0]), np.array(values))
    plot(axes, Panel("rank", "Rank", [series], level=("ln K", 6.0), zero=zero), LIGHT)
    low, high = axes.get_ylim()
    assert (max(*values, 6.0) - low) / (high - low) < 0.97
    assert low == 0 or not zero
    assert all(tick == round(tick) for tick in axes.get_xticks())


def test_a_plot_of_nothing_but_zeros_has_an_axis() -> None:
    axes = Figure().add_subplot()
    plot(axes, Panel("lag", "Lag", [Series("lag", np.array([1.0]), np.array([0.0]))], zero=True), LIGHT)
    assert axes.get_ylim() == (0, 1)


def test_the_cells_of_a_mosaic_fill_rows_and_never_overlap() -> None:
    large, small = np.zeros((64, 64, 3), np.uint8), np.zeros((32, 48, 3), np.uint8)
    cells = [Cell.across("image", large, 3)] * 3 + [Cell.across("local", small, 3, 64)] * 5
    places, height = places_of(cells)
    assert [round(top, 3) for _, top in places[:3]] == [0, 0, 0]
    assert places[2][0] + cells[2].width == pytest.approx(WIDTH)
    assert len({top for _, top in places}) == 3
    for (left, top), (right, below), cell in zip(places, places[1:], cells, strict=False):
        assert right >= left + cell.width + GAP - 1e-9 or below >= top + cell.height
    assert height >= places[-1][1] + cells[-1].height


def test_a_long_curve_is_drawn_as_means_and_a_gap_stays_a_gap() -> None:
    values = np.arange(1000.0)
    values[:10] = np.nan
    steps, means = thinned(np.arange(1000.0), values, points=100)
    assert len(steps) == len(means) == 100
    assert np.isnan(means[0])
    assert means[1] == 14.5
    assert thinned(steps, means)[0] is steps
