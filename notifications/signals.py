"""What the queue announces, inside the transaction of the act."""

from django.dispatch import Signal

# An entry was sent, done, rejected or withdrawn. Sent with `notification`.
entry_ended = Signal()
# A draft to a shop was made, in the words of its template. Sent with `draft`.
draft_made = Signal()
