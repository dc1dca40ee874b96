"""Curation of long videos after Ego4D-Sounds: candidates of 3 s around sounding actions, and stages.

candidates: where the clips are. taggers: speech and music. measures: levels, clipping, motion. stages: the order and
the thresholds. report: counts and examples of each stage.
"""
