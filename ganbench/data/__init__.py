"""Any two sets of pictures -> two memory-mapped uint8 arrays, cached by content."""
