"""The register of AI systems. THE MODEL ROOM: read this one first."""
