"""What every test shares: one thread to compute with, since networks are toys here and tests run side by side."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
