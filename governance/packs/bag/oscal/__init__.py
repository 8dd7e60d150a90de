"""OSCAL (NIST) beside a management-system pack: component definition, assessment results, plan of action and milestones."""
