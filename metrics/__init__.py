"""How pictures are judged: pictures -> features -> statistics -> number. Imports no torch."""
