"""People: users, profiles, roles, verification, consent."""
