"""The append-only audit trail: it writes itself, and anybody can check it."""
