"""The settings with which the program works against an emulator."""

from sync.emulator.process import EmulatorProcess


def graph_settings(emulator: EmulatorProcess) -> dict[str, str]:
    return {
        "GRAPH_BASE_URL": emulator.base_url,
        "GRAPH_STATIC_TOKEN": emulator.token,
        "GRAPH_ADDRESS": "",
        "GRAPH_DRIVE_ID": emulator.drive_id,
        "EXCEL_WORKBOOK_ID": emulator.item_id,
    }
