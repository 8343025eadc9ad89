"""Throw-away certificates for the demo and the tests; trusted nowhere else."""
