"""A weekly digest whose papers can be run: from curated entries to a published site."""

from importlib.metadata import version

__version__ = version("this-week-in-ml")
