"""How the program words what it counts."""


def counted(number: int, thing: str) -> str:
    """A number with its noun: 1 row, 2 rows."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
