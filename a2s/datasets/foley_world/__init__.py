"""Procedural videos with known sound: the same plan gives the action stem, the ambience and the picture.

plan: place, gestures, contacts. sound: the action stem. ambience (soundscape, grains, creatures): the ambient stem.
picture: the frames. Each activity is a scene (stage, ground, actors, motion, flight, water) seen by a camera; places
(props, litter, textures) and movers surround it. world: videos as a data set. examples: the clips of the page.
"""
