"""Router, authentication, pagination, errors, schema; no domain rules."""
