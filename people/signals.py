"""What other apps may want to hear of people."""

from django.dispatch import Signal

# Sent inside the transaction, with `person`: a sign-in with Microsoft gave us tokens of theirs.
microsoft_connected = Signal()

# Sent inside the transaction, with `person`: what they may do has changed, or they may not come in any more.
access_changed = Signal()
