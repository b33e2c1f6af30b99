"""The pages of repair orders. Thin: they read through repairs.queries and write through repairs.orders."""
