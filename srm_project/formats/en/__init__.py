"""English, day first."""
