"""What the queue announces, inside the transaction of the act."""

from django.dispatch import Signal

# An entry was sent, done, rejected or withdrawn. Sent with `notification`.
entry_ended = Signal()
