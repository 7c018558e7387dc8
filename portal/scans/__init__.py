"""Scan: one uploaded image; intake, its owner, its lifecycle."""
