"""How the program and the tests reach an emulator."""

import ssl

from sync.emulator.process import EmulatorProcess

PLAIN_HTTP = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Makes a client of an emulator without reading all authorities of this machine, which takes longer than a request."""


def graph_settings(emulator: EmulatorProcess) -> dict[str, str]:
    """The settings with which the program works against an emulator."""
    return {
        "GRAPH_BASE_URL": emulator.base_url,
        "GRAPH_STATIC_TOKEN": emulator.token,
        "GRAPH_ADDRESS": "",
        "GRAPH_DRIVE_ID": emulator.drive_id,
        "EXCEL_WORKBOOK_ID": emulator.item_id,
    }
