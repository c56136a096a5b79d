"""The cache: decoded once, valid by content, whole or absent, shared by processes."""

import json
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy
import pytest
from pictures import encoded, number_of, numbered, plain, tar, write
from PIL import Image

from dino.data.cache import cached, shrunk
from dino.data.faults import UnreadableError
from dino.data.images import Images, open_images
from dino.data.split import every_nth
from dino.errors import CommandError, ContentError, WorldError


def ten(root: Path) -> Images:
    return open_images(write(root, {f"{'ab'[n % 2]}/{n}.png": numbered(n, (6 + n, 4)) for n in range(10)}))


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


class Ear(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


def test_the_cache_gives_the_same_images(tmp_path: Path) -> None:
    images = ten(tmp_path / "set")
    copy = cached(images, tmp_path / "cache", 8)
    assert len(copy) == 10
    for name in ("names", "labels"):
        assert list(getattr(copy, name)) == list(getattr(images, name))
    assert (copy.classes, copy.place, copy.channels) == (images.classes, images.place, 3)
    for index in range(10):
        assert copy.load(index).tobytes() == images.load(index).tobytes() == copy.read(index)
        assert copy.load(index).size == images.load(index).size
    assert copy.folder.parent == tmp_path / "cache"


def test_the_short_side_is_resized_and_smaller_pictures_stay(tmp_path: Path) -> None:
    write(tmp_path / "set", {"a.png": plain(size=(90, 40)), "b.png": plain(size=(40, 91)), "c.png": plain(size=(9, 7))})
    copy = cached(open_images(tmp_path / "set"), tmp_path / "cache", 20)
    assert [copy.load(index).size for index in range(3)] == [(45, 20), (20, 46), (9, 7)]
    assert shrunk(Image.new("L", (1, 5000)), 1).size == (1, 5000)
    assert copy.square is None


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_number_of_channels_is_kept(tmp_path: Path, channels: int) -> None:
    write(tmp_path / "set", {"a.png": encoded(Image.new("RGBA", (3, 2), (255, 0, 0, 128)))})
    images = open_images(tmp_path / "set", channels=channels)
    copy = cached(images, tmp_path / "cache", 8)
    assert copy.load(0).mode == images.load(0).mode
    assert copy.load(0).tobytes() == images.load(0).tobytes()


def test_pictures_of_one_size_are_one_array(tmp_path: Path) -> None:
    write(tmp_path / "set", {f"{number}.png": numbered(number) for number in range(3)})
    square = cached(open_images(tmp_path / "set"), tmp_path / "cache", 4).square
    assert square is not None
    assert square.shape == (3, 4, 4, 3)
    assert square[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert not square.flags.writeable


def test_the_files_are_plain_npy(tmp_path: Path) -> None:
    copy = cached(ten(tmp_path / "set"), tmp_path / "cache", 8)
    pixels, index = numpy.load(copy.folder / "pixels.npy"), numpy.load(copy.folder / "index.npy")
    assert pixels.dtype == numpy.uint8
    assert len(pixels) == sum(3 * rows * columns for _, rows, columns in index)
    assert json.loads((copy.folder / "facts.json").read_text())["images"] == 10


def test_a_second_time_nothing_is_decoded(tmp_path: Path) -> None:
    ear = Ear()
    first = cached(ten(tmp_path / "set"), tmp_path / "cache", 8, say=ear)
    assert ear == [f"decoding 10 images once into the cache {first.folder}: about 1.5 kB"]
    ear.clear()
    again = cached(open_images(tmp_path / "set"), tmp_path / "cache", 8, say=ear)
    assert ear == []
    assert again.fingerprint == first.fingerprint


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    cached(ten(tmp_path / "set"), tmp_path / "cache", 8, tell=lambda done, total: told.append((done, total)))
    assert told == [(number, 10) for number in range(1, 11)]


def test_a_changed_image_renews_the_cache_in_its_place(tmp_path: Path) -> None:
    cached(ten(tmp_path / "set"), tmp_path / "cache", 8)
    before = entries(tmp_path / "cache")
    write(tmp_path / "set", {"a/0.png": numbered(200, (6, 4))})
    os.utime(tmp_path / "set" / "a" / "0.png", (1, 1))
    copy = cached(open_images(tmp_path / "set"), tmp_path / "cache", 8)
    assert number_of(copy.load(0)) == 200
    assert entries(tmp_path / "cache") == before


def test_an_added_image_renews_the_cache(tmp_path: Path) -> None:
    cached(ten(tmp_path / "set"), tmp_path / "cache", 8)
    write(tmp_path / "set", {"a/00.png": numbered(99)})
    copy = cached(open_images(tmp_path / "set"), tmp_path / "cache", 8)
    assert (len(copy), len(entries(tmp_path / "cache"))) == (11, 1)


def test_a_renamed_class_renews_the_cache(tmp_path: Path) -> None:
    before = cached(ten(tmp_path / "set"), tmp_path / "cache", 8)
    (tmp_path / "set" / "a").rename(tmp_path / "set" / "c")
    copy = cached(open_images(tmp_path / "set"), tmp_path / "cache", 8)
    assert (before.classes, copy.classes) == (("a", "b"), ("b", "c"))
    assert [number_of(copy.load(index)) for index in range(10)] == [1, 3, 5, 7, 9, 0, 2, 4, 6, 8]
    assert copy.fingerprint != before.fingerprint
    assert len(entries(tmp_path / "cache")) == 1


def test_images_that_changed_places_renew_the_cache_though_names_and_sizes_stay(tmp_path: Path) -> None:
    cached(open_images(write(tmp_path / "set", {"a.png": numbered(1), "b.png": numbered(2)})), tmp_path / "cache", 8)
    write(tmp_path / "set", {"a.png": numbered(2), "b.png": numbered(1)})
    for name in ("a.png", "b.png"):
        os.utime(tmp_path / "set" / name, (1, 1))
    copy = cached(open_images(tmp_path / "set"), tmp_path / "cache", 8)
    assert [number_of(copy.load(index)) for index in (0, 1)] == [2, 1]


def test_touched_files_are_compared_by_content_and_the_cache_is_kept(tmp_path: Path) -> None:
    cached(ten(tmp_path / "set"), tmp_path / "cache", 8)
    os.utime(tmp_path / "set" / "a" / "0.png", (1, 1))
    ear = Ear()
    copy = cached(open_images(tmp_path / "set"), tmp_path / "cache", 8, say=ear)
    assert ear == [f"comparing 10 images with the cache {copy.folder} by content, since their times differ"]
    ear.clear()
    cached(open_images(tmp_path / "set"), tmp_path / "cache", 8, say=ear)
    assert ear == []


def test_sets_sizes_and_channels_have_caches_of_their_own(tmp_path: Path) -> None:
    images = ten(tmp_path / "set")
    rest, held = every_nth(images, 5)
    copies = [cached(one, tmp_path / "cache", 8) for one in (images, rest, held)]
    copies.append(cached(images, tmp_path / "cache", 5))
    copies.append(cached(open_images(tmp_path / "set", channels=1), tmp_path / "cache", 8))
    assert len({copy.folder for copy in copies}) == 5
    assert len({copy.fingerprint for copy in copies[:4]}) == 4
    assert [len(copy) for copy in copies] == [10, 8, 2, 10, 10]


def test_unreadable_images_stay_unreadable_with_their_reason(tmp_path: Path) -> None:
    write(tmp_path / "set", {"a.png": plain(), "b.png": b""})
    for _ in range(2):
        copy = cached(open_images(tmp_path / "set"), tmp_path / "cache", 8)
        assert copy.load(0).size == (8, 6)
        with pytest.raises(UnreadableError, match=r"^b.png: is empty \(0 bytes\)$"):
            copy.load(1)


def test_a_cache_whose_files_are_cut_short_is_made_anew(tmp_path: Path) -> None:
    folder = cached(ten(tmp_path / "set"), tmp_path / "cache", 8).folder
    for name in ("pixels.npy", "index.npy", "facts.json"):
        (folder / name).write_bytes((folder / name).read_bytes()[:-1])
        assert number_of(cached(ten(tmp_path / "set"), tmp_path / "cache", 8).load(0)) == 0
    (folder / "index.npy").unlink()
    assert number_of(cached(ten(tmp_path / "set"), tmp_path / "cache", 8).load(0)) == 0


def test_an_archive_and_odd_names_can_be_cached(tmp_path: Path) -> None:
    images = open_images(tar(tmp_path / "ä b\udcff.tar", {"x\udcff\n.png": numbered(3)}))
    assert number_of(cached(images, tmp_path / "cache", 8).load(0)) == 3


def _numbers(copy: Images) -> list[int]:
    return [number_of(copy.load(index)) for index in range(len(copy))]


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_worker_processes_read_one_cache(tmp_path: Path, start: str) -> None:
    copy = cached(ten(tmp_path / "set"), tmp_path / "cache", 8)
    assert len(pickle.dumps(copy)) < 2000
    with multiprocessing.get_context(start).Pool(2) as pool:
        assert pool.map(_numbers, [copy] * 2) == [_numbers(copy)] * 2


MAKE = """
import sys
from pathlib import Path
from dino.data.cache import cached
from dino.data.images import open_images
def say(text): print(text, flush=True)
def tell(done, total): print(done, flush=True) if len(sys.argv) > 3 else None
copy = cached(open_images(Path(sys.argv[1])), Path(sys.argv[2]), 8, say=say, tell=tell)
print("ready", len(copy), flush=True)
"""


def making(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAKE, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_of_processes_at_once_one_decodes_and_all_read(tmp_path: Path) -> None:
    write(tmp_path / "set", {f"{number}.png": numbered(number) for number in range(300)})
    outputs = [process.communicate() for process in [making(tmp_path / "set", tmp_path / "cache") for _ in range(3)]]
    assert [error for _, error in outputs] == [""] * 3
    assert all(out.endswith("ready 300\n") for out, _ in outputs)
    assert sum("decoding 300 images" in out for out, _ in outputs) == 1
    assert len(entries(tmp_path / "cache")) == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_cache_is_none_and_is_cleared_away(tmp_path: Path, how: signal.Signals) -> None:
    write(tmp_path / "set", {f"{number}.png": plain(size=(300, 300)) for number in range(600)})
    process = making(tmp_path / "set", tmp_path / "cache", "tell")
    assert process.stdout is not None
    while process.stdout.readline().strip() != "70":
        pass
    process.send_signal(how)
    process.communicate()
    assert process.returncode == -how
    left = entries(tmp_path / "cache")
    assert all(name.startswith(".") for name in left)
    assert len(left) == (1 if how is signal.SIGKILL else 0)
    copy = cached(open_images(tmp_path / "set"), tmp_path / "cache", 8)
    assert entries(tmp_path / "cache") == [copy.folder.name]


def test_a_disk_too_small_is_told_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(5000, 4000, 1000))
    with pytest.raises(WorldError) as caught:
        cached(ten(tmp_path / "set"), tmp_path / "cache", 8)
    assert str(caught.value) == (
        f"the cache takes about 1.5 kB, and {tmp_path}/cache has 1.0 kB free; "
        "choose a smaller size, another folder, or no cache"
    )


def test_a_disk_that_fills_while_the_cache_is_made_leaves_none_and_is_one_sentence(tmp_path: Path) -> None:
    """A limit on the size of a file, which the system enforces, stands for the full disk."""
    write(tmp_path / "set", {f"{number}.png": plain(size=(90, 90)) for number in range(80)})
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
    command = [sys.executable, "-c", limited + MAKE, str(tmp_path / "set"), str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    folder = next(line for line in done.stdout.splitlines() if "decoding" in line).split("cache ")[1].split(": ")[0]
    assert done.stderr.splitlines()[-1] == (
        f"dino.errors.WorldError: the cache {folder} cannot be written (File too large)"
    )
    assert entries(tmp_path / "cache") == []
    assert len(cached(open_images(tmp_path / "set"), tmp_path / "cache", 8)) == 80


def test_a_folder_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(WorldError, match=r"^the cache .* cannot be written \((File exists|Not a directory)\)$"):
        cached(ten(tmp_path / "set"), tmp_path / "cache", 8)


def test_a_size_below_one_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="from 1 on, not 0"):
        cached(ten(tmp_path / "set"), tmp_path / "cache", 0)


def test_a_cache_that_vanishes_before_a_worker_opens_it_is_a_sentence(tmp_path: Path) -> None:
    data = pickle.dumps(cached(ten(tmp_path / "set"), tmp_path / "cache", 8))
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(ContentError, match="is damaged"):
        pickle.loads(data)  # noqa: S301 - our own
