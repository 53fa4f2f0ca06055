"""What proves it. May import controls, never the reverse."""
