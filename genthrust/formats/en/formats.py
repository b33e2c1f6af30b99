"""Days and times as everywhere in the tracker (repairs.clock.written): Nov 24, 2025, 6:12 PM."""

DATE_FORMAT = "M j, Y"
TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "M j, Y, g:i A"
