"""The program `digest`: hands over to the commands, which take a moment to load."""

import sys


def main() -> None:
    """Runs the command line; Ctrl-C while it loads is one line as well."""
    try:
        from digest import cli
    except KeyboardInterrupt:
        print("digest: stopped; nothing is half-written", file=sys.stderr)
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
