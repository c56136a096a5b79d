"""A command in two processes."""

from toy import finish, processes


def on_two(words: list[str]) -> list[int | None]:
    """The exit statuses of `dino WORDS…`, run by two processes together."""
    return finish(processes(words, 2))
