"""The Bank tab: every ambience to look at and listen to, banks of one's own."""
