"""Values and red lines: what may never happen, and the proof that it does not."""
