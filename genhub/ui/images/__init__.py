"""The tab *Images*."""
