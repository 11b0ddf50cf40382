"""assetflow: a community asset transfer (CAT) workflow engine."""

__version__ = "0.1.0"
