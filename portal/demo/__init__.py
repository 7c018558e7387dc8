"""Accounts and drawn scans to try the portal with. Only with DEBUG."""
