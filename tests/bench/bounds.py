"""What a flush of many changes may ask of Excel at most. The tests hold it, the report shows how near it comes."""

ROWS = 5_000
CHANGED = 1_000
MOST_REQUESTS = 12
MOST_STEPS = 40

MOVED = 40
ADDED = 30
MOST_REQUESTS_WITH_MOVES = 24
MOST_STEPS_WITH_MOVES = 80

MOST_CELLS = 6_000  # in one writing step
