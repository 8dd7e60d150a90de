"""Content-addressed files and what they prove."""
