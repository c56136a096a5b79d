"""DINO: self-distillation with no labels (Caron et al. 2021, arXiv 2104.14294), as one readable package."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("dino")
except PackageNotFoundError:  # run from the source folder, not installed
    __version__ = "0.1.0"
