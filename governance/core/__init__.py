"""The ground the rooms stand on; knows nothing of governance, HTTP or people."""
