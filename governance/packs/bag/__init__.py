"""The pack of a management system: its parts, its cache, and the ZIP around them."""
