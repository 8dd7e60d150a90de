"""Findings and corrective actions (clause 10)."""
