"""How the program words what it counts, and what others typed."""

import re

# Unicode's marks that turn the direction of the text around them: what is shown is then not what stands there.
TURNS_TEXT = re.compile("[\u202a-\u202e\u2066-\u2069]")
LONGEST_QUOTED = 200


def counted(number: int, thing: str) -> str:
    """A number with its noun: 1 row, 2 rows."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def quoted(text: str) -> str:
    """What somebody typed, within a sentence: its beginning, with marks that nobody sees named, as “AB[U+202E]12”."""
    short = text if len(text) <= LONGEST_QUOTED else f"{text[:LONGEST_QUOTED]}…"
    return f"“{TURNS_TEXT.sub(lambda mark: f'[U+{ord(mark[0]):04X}]', short)}”"
