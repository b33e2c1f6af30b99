"""What other apps may want to hear of people."""

from django.dispatch import Signal

# Sent inside the transaction, with `person`: a sign-in with Microsoft gave us tokens of theirs.
microsoft_connected = Signal()
