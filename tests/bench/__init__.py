"""How fast it is, beside FreeRADIUS and under saturation: `python -m tests.bench`."""
