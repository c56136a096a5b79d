"""The plain implementation's many small operations run on one thread; examples take what time they need."""

import pytest
import torch
from hypothesis import settings

settings.register_profile("unhurried", deadline=None, derandomize=True)
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
