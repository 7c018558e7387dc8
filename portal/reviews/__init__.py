"""Review: the second opinion; queue, claim, read, sign, addendum."""
