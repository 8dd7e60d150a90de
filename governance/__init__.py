"""AIMS Registry: AI systems, what was assessed, discussed, decided and signed about them, and the proof of it."""

__version__ = "0.1.0"
