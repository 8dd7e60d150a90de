"""Files, manifest and signature that make a drawn pack a sealed one."""
