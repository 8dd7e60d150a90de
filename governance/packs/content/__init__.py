"""What packs say: frozen values, from which pages and JSON both come."""
