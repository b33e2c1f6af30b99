"""The command line, shared by `python -m sync.emulator` and `manage.py graph_emulator`."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path
from typing import Any

from sync.emulator.options import Options
from sync.emulator.server import Settings
from sync.emulator.state import Identity

DEFAULT_DRIVE = "b!emulated-drive"
DEFAULT_ITEM = "01EMULATEDWORKBOOK"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All options of the command."""
    parser.add_argument("--workbook", type=Path, required=True, help="the .xlsx file to serve")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--drive-id", default=DEFAULT_DRIVE)
    parser.add_argument("--item-id", default=DEFAULT_ITEM)
    parser.add_argument("--token", help="the bearer token to ask for; made up when not given")
    parser.add_argument("--parent-pid", type=int, help="end when this process, our parent, has ended")
    parser.add_argument("--address-file", type=Path, help="write the address there as JSON once listening")
    for name, default in Options().as_dict().items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(default, bool):
            parser.add_argument(flag, action="store_true", help=f"option {name}")
        else:
            parser.add_argument(flag, type=type(default), default=default, help=f"option {name} ({default})")


def settings_from(arguments: dict[str, Any]) -> Settings:
    """What was asked for on the command line. ValueError for an option out of range."""
    options = Options()
    options.update({name: arguments[name] for name in options.as_dict()})
    token = arguments["token"] or secrets.token_urlsafe(24)
    return Settings(
        workbook=arguments["workbook"].resolve(),
        identity=Identity(arguments["drive_id"], arguments["item_id"], token),
        port=arguments["port"],
        parent_pid=arguments["parent_pid"],
        address_file=arguments["address_file"],
        options=options,
    )
