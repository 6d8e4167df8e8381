"""What happens in the simulated organization: plain Python, no protocol."""
