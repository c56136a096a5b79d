"""The three ways in which a command ends early, each with one sentence for the user and an exit status of its own."""

from typing import ClassVar


class DinoError(Exception):
    """A sentence for the user; `status` is what the command exits with."""

    status: ClassVar[int] = 1


class ContentError(DinoError):
    """The images, a checkpoint or a file is at fault; the sentence names it and the mend."""

    status = 1


class CommandError(DinoError):
    """The command line or the configuration is at fault."""

    status = 2


class WorldError(DinoError):
    """The disk, the memory, another process or the network is at fault."""

    status = 3
