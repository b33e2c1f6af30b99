"""Django's MySQL backend with a bound on its connections."""
