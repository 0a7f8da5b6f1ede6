"""What is made of the segments: a video file, an animation, numbered pictures."""
