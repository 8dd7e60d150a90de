"""Database → what a pack says, in one read transaction."""
