"""Incidents, and concerns that anybody may report (A.3.3, A.8.4)."""
