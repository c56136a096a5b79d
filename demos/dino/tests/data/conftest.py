"""Examples take what time they need: other work on the machine must not fail a test."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None, derandomize=True)
settings.load_profile("unhurried")
