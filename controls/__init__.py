"""What must be true, and who does it."""
