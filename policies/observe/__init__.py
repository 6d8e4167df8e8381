"""See: read AWS back, and show what is true."""
