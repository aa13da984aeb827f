"""Fault runs: the real processes under load, hit by a seeded schedule of faults, and then held to every promise."""
