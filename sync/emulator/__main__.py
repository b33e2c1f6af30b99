"""`python -m sync.emulator --workbook FILE`: the emulator without Django."""

from __future__ import annotations

import argparse
import sys

from sync.emulator.cli import add_arguments, settings_from
from sync.emulator.server import CannotStart, print_address, run


def main() -> int:
    """Serve until told to stop; 1 and a sentence when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m sync.emulator", description=__doc__)
    add_arguments(parser)
    try:
        run(settings_from(vars(parser.parse_args())), announce=print_address)
    except (CannotStart, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
