"""A stand-in for the Messages API: a small local server that streams, and refuses what the real one refuses."""
