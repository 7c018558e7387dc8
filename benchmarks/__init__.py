"""`make bench`: figures as ratios within one run, because machines are noisy."""
