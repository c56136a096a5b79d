"""Without a browser these tests fail with one line that says how to get one; they are never skipped."""

from .reading import INSTALL, find_browser


def test_the_browser_that_is_named_is_taken() -> None:
    assert find_browser({"CHROMIUM": "/opt/chromium"}, which=lambda name: name) == "/opt/chromium"


def test_a_browser_that_is_named_and_missing_is_not_replaced_by_another() -> None:
    assert find_browser({"CHROMIUM": "/nowhere"}, which=lambda name: None if name == "/nowhere" else name) is None


def test_the_first_of_the_usual_names_is_taken() -> None:
    installed = {"chromium-browser": "/usr/bin/chromium-browser", "google-chrome": "/usr/bin/google-chrome"}
    assert find_browser({"CHROMIUM": ""}, which=installed.get) == "/usr/bin/chromium-browser"


def test_a_machine_without_one_has_none_and_is_told_how_to_get_it() -> None:
    assert find_browser({}, which=lambda _: None) is None
    assert INSTALL.count("\n") == 0
    assert "apt install chromium" in INSTALL
