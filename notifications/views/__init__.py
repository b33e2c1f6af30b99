"""The pages of follow-ups and mail. Thin: they read through queries and write through the verbs."""
