"""The domain: one small Django app a noun. Imports run one way (pyproject.toml, import-linter)."""
