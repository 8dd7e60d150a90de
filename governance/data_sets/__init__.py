"""Data sets: what AI systems are built, tested and run on, and whether that is allowed and good enough (A.4.3, A.7)."""
