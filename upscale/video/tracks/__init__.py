"""All streams beside the video, and the file that holds them together."""
