"""The Bank tab: browse the ambiences, build and save banks."""
