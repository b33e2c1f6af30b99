"""The four roles by name, without the accounts that have them (people.roles)."""

from enum import IntEnum


class Role(IntEnum):
    """From the one who may do least to the one who may do everything."""

    VIEWER = 1
    TECHNICIAN = 2
    OFFICE = 3
    ADMIN = 4

    @property
    def label(self) -> str:
        """The name for people, and of the group."""
        return self.name.capitalize()


LABELS = [role.label for role in Role]
