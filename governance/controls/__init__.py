"""Frameworks, and which records evidence each control."""
