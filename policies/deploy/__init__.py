"""Do: deployments, one recorded step at a time."""
