"""Recurring audits: schedules, occurrences, conduct, checklist."""
