"""A simulated AWS organization, served on loopback, that knows nothing of the portal: they meet over AWS's protocols.

engine/ is what happens (clock, organization, fleet, stack sets, runs); operations/ is one thin file per AWS service;
wire.py speaks AWS's protocols; behind_moto.py lets moto answer S3; worlds/ are the organizations to begin with.
"""
