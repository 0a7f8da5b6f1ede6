"""Arrays in, arrays out: streams pictures through a network within bounded memory. Knows nothing of files."""
