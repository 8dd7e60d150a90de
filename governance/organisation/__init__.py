"""What the management system itself needs: policies, objectives, competence, management review (clauses 4 to 7 and 9.3)."""
