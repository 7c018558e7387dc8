"""Fault drills: real processes are broken on purpose, and what became of every upload is counted. `python -m drills`."""
