"""Rows and the keys they are sealed to: counting, trying and re-sealing them, epoch by epoch."""
