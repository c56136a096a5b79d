"""Estimate pi with random points, and say how sure we are."""
