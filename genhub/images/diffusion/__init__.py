"""Diffusion: images drawn by taking noise away, step by step."""
