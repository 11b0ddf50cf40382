"""Bringing letters to people, after the commit that made them."""
