"""Audit programmes and what they cover: which clause and control was audited where, when, with what result, and what stays untouched."""
