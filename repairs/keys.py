"""Keys and versions of rows as pages send them back."""

LONGEST = 18  # digits: every whole number of so many fits into the database's


def read_key(text: str) -> int | None:
    """A whole number in plain digits; None for anything else.

    `isdigit` alone takes “²”, which is no number, and `int` refuses thousands of digits.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST else None
