"""Make ready: what must stand in AWS before the first policy, checked, explained, and made by one click or command."""
