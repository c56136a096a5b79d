"""The progress display, read from the terminal that it draws on."""

import io
import itertools

import pytest
import torch
from rich.console import Console

from dino.journal import Record
from dino.progress import Display, peak_memory, spell

STEP: Record = {
    "kind": "step",
    "step": 10,
    "epoch": 0.5,
    "loss": 8.25,
    "images_per_second": 123.4,
    "data_wait": 0.012,
    "memory": 3 * 2**30,
}


def drawn(*records: Record, terminal: bool = True, total: int = 100, start: int = 0) -> str:
    """What is drawn of records that come at 5, 10, 15 … seconds, of a run whose set-up began at `start`."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=200, color_system=None)
    ticks = itertools.chain([start], itertools.count(5, 5))
    display = Display(total, epochs=5, console=console, clock=lambda: float(next(ticks)))
    for record in records:
        display.write(record)
    display.close()
    return file.getvalue()


@pytest.mark.parametrize(
    "fact",
    ["epoch 0.50/5", "10/100", "loss 8.250", "123 images/s", "waits 12 ms for data", "3.0 GiB", "45 s left"],
)
def test_a_step_shows(fact: str) -> None:
    assert fact in drawn(STEP)


def test_a_k_nn_result_stays_in_the_line_and_is_said_once_above() -> None:
    text = drawn({"kind": "knn", "step": 9, "epoch": 0.5, "k": 20, "top1": 71.52}, STEP)
    assert "epoch 0.50: k-NN 71.5 % (k = 20)\n" in text
    assert "3.0 GiB · k-NN 71.5 % · 45 s left" in text


def test_a_sentence_is_said_above_the_display() -> None:
    file = io.StringIO()
    Display(10, console=Console(file=file, force_terminal=True, width=200, color_system=None)).say("Collapse.")
    assert file.getvalue() == "Collapse.\n"


def test_the_terminal_is_left_alone_until_the_first_step() -> None:
    assert drawn() == ""


def test_where_there_is_no_terminal_a_line_a_minute_says_how_far_it_is() -> None:
    steps = [{**STEP, "step": step, "epoch": step / 20} for step in range(1, 25)]
    assert drawn(*steps, terminal=False, total=24) == (
        "epoch 0.05/5 · step 1/24 · loss 8.250 · 123 images/s · waits 12 ms for data · 3.0 GiB · 1 min 55 s left\n"
        "epoch 0.65/5 · step 13/24 · loss 8.250 · 123 images/s · waits 12 ms for data · 3.0 GiB · 55 s left\n"
    )


def test_a_slow_start_is_no_part_of_the_time_that_is_left() -> None:
    steps: list[Record] = [{**STEP, "step": 1}, {**STEP, "step": 51}]
    assert "5 s left" in drawn(*steps, total=101, start=-600)


def test_where_there_is_no_terminal_every_k_nn_result_is_a_line() -> None:
    text = drawn({"kind": "knn", "step": 9, "epoch": 0.5, "k": 20, "top1": 71.52}, terminal=False)
    assert text == "epoch 0.50: k-NN 71.5 % (k = 20)\n"


def test_a_step_without_a_number_is_shown_all_the_same() -> None:
    assert "loss 0.000" in drawn({"kind": "step", "step": 1, "loss": None})


def test_text_is_text_and_no_markup() -> None:
    file = io.StringIO()
    Display(10, console=Console(file=file, force_terminal=True, width=200, color_system=None)).say("[red]hot[/red]")
    assert file.getvalue() == "[red]hot[/red]\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (356400, "4 d 3 h")],
)
def test_a_duration_is_spelt_to_two_units(seconds: float, words: str) -> None:
    assert spell(seconds) == words


def test_the_memory_of_this_process_is_more_than_torch_needs_and_less_than_a_tebibyte() -> None:
    assert 2**26 < peak_memory(torch.device("cpu")) < 2**40
