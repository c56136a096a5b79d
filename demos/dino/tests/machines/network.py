"""Where two processes meet: on the loopback, or each in a network namespace of its own, as on two machines."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Network:
    """The first process's address, and each one's interface; `spaces` are the namespaces, none on the loopback."""

    address: str
    interfaces: tuple[str, str]
    spaces: tuple[str, ...] = ()

    def enter(self, rank: int) -> None:
        """Bring this process to the place of the rank."""
        os.environ.update(MASTER_ADDR=self.address, GLOO_SOCKET_IFNAME=self.interfaces[rank])
        if self.spaces:
            with Path("/run/netns", self.spaces[rank]).open() as space:
                if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def cut(self) -> None:
        """Take the cable away: no connection is closed, and nothing arrives any more."""
        _ip("-n", self.spaces[1], "link", "set", self.interfaces[1], "down")


LOOPBACK = Network("127.0.0.1", ("lo", "lo"))


def kinds() -> list[str]:
    """The networks that this machine can have. In CI, one where root has `ip` must be able to make namespaces."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("ip"):
        return ["loopback"]
    try:
        with namespaces():
            return ["loopback", "namespaces"]
    except subprocess.CalledProcessError:
        if os.environ.get("CI"):
            raise
        return ["loopback"]


@contextmanager
def network(kind: str) -> Iterator[Network]:
    """The network of the kind, for the time of the block."""
    if kind == "loopback":
        yield LOOPBACK
        return
    with namespaces() as made:
        yield made


@contextmanager
def namespaces() -> Iterator[Network]:
    """Two namespaces with a virtual cable between them."""
    spaces = (f"dino-{os.getpid()}-0", f"dino-{os.getpid()}-1")
    cable = (f"dino{os.getpid()}a", f"dino{os.getpid()}b")
    with ExitStack() as stack:
        for space in spaces:
            _ip("netns", "add", space)
            stack.callback(_ip, "netns", "del", space)
        _ip("link", "add", cable[0], "netns", spaces[0], "type", "veth", "peer", "name", cable[1], "netns", spaces[1])
        for rank, (space, end) in enumerate(zip(spaces, cable, strict=True)):
            _ip("-n", space, "addr", "add", f"10.0.0.{rank + 1}/24", "dev", end)
            _ip("-n", space, "link", "set", end, "up")
            _ip("-n", space, "link", "set", "lo", "up")
        yield Network("10.0.0.1", cable, spaces)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
