"""Tracking numbers: only a recognised one becomes a link."""

import pytest

from repairs.tracking import recognise


@pytest.mark.parametrize(
    ("typed", "carrier"),
    [("1Z999AA13205484563", "UPS"), ("1z999aa13205484563", "UPS"), ("1Z 999 AA1 32 0548 4563", "UPS"),
     ("96" + "1" * 20, "FedEx"), ("96" + "1" * 24, "FedEx"), ("92" + "1" * 20, "USPS"), ("9" * 20, "USPS"),
     ("9" * 21, "USPS"), ("771137680555", "FedEx"), ("7711 3768 0555", "FedEx"), ("7" * 15, "FedEx"),
     ("7" * 20, "FedEx"), ("1234567890", "DHL")],
)  # fmt: skip
def test_the_carriers_are_tried_in_their_order(typed: str, carrier: str) -> None:
    tracking = recognise(typed)
    assert tracking is not None
    assert tracking.carrier == carrier
    assert tracking.number == typed.upper().replace(" ", "")
    assert tracking.url.startswith("https://")
    assert tracking.url.endswith(tracking.number)


@pytest.mark.parametrize(
    "typed",
    ["", "PICK UP", "WILL CALL", "pick up", "305 555 0142", "305-555-0142", "1Z999", "771137680555 / 771137680556",
     "7" * 13, "8" * 22, "javascript:alert(1)", "٧٧١١٣٧٦٨٠٥٥٥"],
)  # fmt: skip
def test_what_is_no_number_is_no_link(typed: str) -> None:
    assert recognise(typed) is None
