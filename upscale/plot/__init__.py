"""Charts drawn with OpenCV alone: lines, points with names, several panels, as arrays of pixels."""
