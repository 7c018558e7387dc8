"""How dates and times are written, by language, where Django says nothing of it."""
