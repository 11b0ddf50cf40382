"""Lease terms: what was offered, what was approved, what was drafted, and where they part.

A case that was tendered for 25 years was once drafted with the full rent from the sixth year on
(New Realities, Sefton 2015, case study 4). So terms are kept as values that can be compared, and
every paper is held against the ones before it.
"""
