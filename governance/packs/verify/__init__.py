"""Checks of a sealed pack by a stranger, without the registry's database."""
