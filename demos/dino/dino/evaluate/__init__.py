"""What a network that learns no more is worth: the paper's evaluations, on any checkpoint and any set of images."""
