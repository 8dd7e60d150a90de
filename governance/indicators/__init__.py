"""Indicators that measure norms, their measurements and trends."""
