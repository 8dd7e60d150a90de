"""Signatures bound to content: requested, given after re-authentication, stale when the content changes."""
