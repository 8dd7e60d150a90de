"""The people affected: who was asked, what they said, what became of it."""
