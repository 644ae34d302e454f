"""What can be done with a model when its training has ended."""
