"""What a pack says → PDF/A-3a; knows neither the database nor the web framework."""
