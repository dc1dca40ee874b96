"""Recordings of real objects: what they are, who made them, and which of them training may use.

`labels.csv` describes the recordings; `build` makes it. The recordings themselves are not part of the project.
"""
