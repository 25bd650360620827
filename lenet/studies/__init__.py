"""Studies: what takes longer than a minute, run once and stored with its origin."""
