"""`python -m sync.emulator --workbook FILE`: the emulator without Django."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sync.emulator.cli import add_arguments, settings_from
from sync.emulator.server import CannotStart, print_address, run, write_whole


def main() -> int:
    """Serve until told to stop; 1 and a sentence when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m sync.emulator", description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    try:
        run(settings_from(vars(arguments)), announce=print_address)
    except (CannotStart, ValueError) as error:
        _tell(str(error), arguments.address_file)
        return 1
    return 0


def _tell(why: str, address_file: Path | None) -> None:
    """Whoever waits for the address finds the reason in its place."""
    if address_file:
        write_whole(address_file, json.dumps({"error": why}))
    else:
        sys.stderr.write(f"{why}\n")


if __name__ == "__main__":
    sys.exit(main())
