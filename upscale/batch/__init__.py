"""What a command for many files does around the work itself: sources, names of results, what is there already."""
