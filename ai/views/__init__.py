"""The pages of the assistant. Thin: they read through ai.queries and act through its verbs."""
