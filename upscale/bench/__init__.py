"""How quick this machine is: the network alone, pictures and video from file to file, beside the matrix peak."""
