"""Evidence packs: snapshot of a system's records → PDF/A-3a with its files → seal → check by a stranger."""
