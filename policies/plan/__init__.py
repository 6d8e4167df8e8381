"""Decide: what must exist in AWS, and what differs from what does. Pure: it looks and never changes."""
