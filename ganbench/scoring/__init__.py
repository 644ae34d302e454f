"""`ganbench score`: two sets of pictures, the wanted numbers, and how they were made."""
