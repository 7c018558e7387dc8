"""Append-only events: who did, or saw, what."""
