"""The sandbox's own pages: see the world, move its clock, switch nodes off, plan faults, read what was asked."""
