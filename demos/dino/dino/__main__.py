"""`python -m dino` is the command `dino`."""

import sys

from dino.cli import main

sys.exit(main())
