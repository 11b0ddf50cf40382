"""The command line: one module a noun; the only place that reads the clock."""
