"""Audits by a certification body, what is shared with its auditors, what they ask, and the room in which they see it."""
