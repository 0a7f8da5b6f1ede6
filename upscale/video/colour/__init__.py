"""What the codes of a picture mean, and RGB of them and back."""
