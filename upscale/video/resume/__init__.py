"""What a killed run leaves, and how the next one goes on."""
