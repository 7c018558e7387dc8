"""What the portal keeps about a person, for that person: a copy of it, who looked at it, and how it ends."""
