"""The commands of `dino`, one module each: `add_arguments(parser)` and `run(arguments) -> exit status`."""
