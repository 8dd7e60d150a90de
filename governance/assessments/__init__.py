"""Risk assessments: what could go wrong, how bad, what is done, who accepts the rest."""
