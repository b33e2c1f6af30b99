"""Microsoft Entra ID: one tenant, one app registration, its people, and the tokens that they are given."""
