"""How dates read here."""
