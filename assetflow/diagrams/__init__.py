"""Routes drawn and told: one picture of a workflow, as text, Mermaid, SVG, JSON and plain words.

Everything here is pure: a ``Workflow`` and, where wanted, what stands in its stages go in, text
comes out, always the same for the same route.
"""
