"""How the server writes dates, by language."""
