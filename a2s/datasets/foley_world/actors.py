"""Hands, tools, feet, vessels and dropped objects: the positions of their points in space, for all frames at once.

The axes belong to the surface that is acted on: x along it, y away from the camera, z its normal. Lengths are in 192nds
of the picture's width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from a2s.datasets.foley_world.motion import Limb

SKINS = ((244, 208, 177), (225, 172, 128), (198, 134, 94), (141, 85, 54), (90, 56, 37), (240, 190, 160))
TOOLS = {
    "hit": ("hammer", "stick", "stick", "spoon", "fist", "palm", "fingers", "fingers"),
    "knock": ("fist", "fist", "fingers"),
    "chop": ("knife", "knife", "cleaver"),
    "scrape": ("block", "block", "cloth", "spoon", "stick", "palm"),
    "splash": ("palm", "fist", "stone", "stone"),
    "pour": ("jug", "bottle", "cup", "kettle"),
    "step": ("shoe",),
    "bounce": ("ball", "ball", "box", "rod", "lid"),
}
TOOL_LENGTHS = {
    "hammer": (14, 28),
    "stick": (22, 60),
    "spoon": (14, 34),
    "fist": (5, 8),
    "palm": (9, 14),
    "fingers": (2, 4),
    "knife": (3, 6),
}


@dataclass
class Actor:
    """A hand with a tool, a foot, a vessel or an object, random for an activity. Directions are unit vectors (3,).

    side: from where the arm reaches in. along: direction of strokes and steps. span: length of a stroke. incline,
    tool_incline, swing, wrist, lift: angles (radians) and lengths of the arm at rest and in motion. bare: share of the
    forearm without sleeve. home: (3,), the centre of its contacts.
    """

    kind: str
    side: np.ndarray
    along: np.ndarray
    span: float
    forearm: float
    tool: float
    incline: float
    tool_incline: float
    swing: float
    wrist: float
    lift: float
    size: float
    skin: np.ndarray
    sleeve: np.ndarray
    bare: float
    colour: np.ndarray
    handle: np.ndarray
    home: np.ndarray

    @classmethod
    def draw(cls, action: str, azimuth: float, rng: np.random.Generator) -> Actor:
        """An actor for `action`. azimuth: from where the arm reaches in, in radians; 0 is right, -pi/2 the camera."""
        kind, size = str(rng.choice(TOOLS[action])), rng.uniform(0.75, 1.5)
        axis = (
            rng.uniform(0, np.pi)
            if rng.random() < 0.5
            else azimuth + rng.normal(0, 0.15) + (np.pi / 2) * rng.integers(2)
        )
        skin = np.array(SKINS[rng.integers(len(SKINS))]) * rng.uniform(0.8, 1.05) + rng.normal(0, 6, 3)
        if rng.random() < 0.08:
            skin = rng.uniform(20, 230, 3)  # gloves
        swings = rng.random() < 0.75
        tool = rng.uniform(*TOOL_LENGTHS.get(kind, (4, 8))) * (size if kind != "stick" else 1.0)
        small = kind == "fingers"
        return cls(
            kind,
            np.array([np.cos(azimuth), np.sin(azimuth), 0.0]),
            np.array([np.cos(axis), np.sin(axis), 0.0]),
            span=rng.uniform(14, 42) * (1.4 if action == "scrape" else 1.0),
            forearm=rng.uniform(9, 15) * size if small else rng.uniform(40, 85),
            tool=tool,
            incline=rng.uniform(0.1, 0.7),
            tool_incline=rng.uniform(-0.1, 0.5)
            if kind in ("stick", "spoon", "hammer", "knife")
            else rng.uniform(0.2, 1.1),
            swing=rng.uniform(0.5, 1.1) if small else (rng.uniform(0.25, 0.95) if swings else rng.uniform(0, 0.15)),
            wrist=0.0 if small else (rng.uniform(0.0, 1.1) if swings else rng.uniform(0, 0.2)),
            lift=rng.uniform(0, 4) if small else (rng.uniform(0, 14) if swings else rng.uniform(14, 48)),
            size=size,
            skin=np.clip(skin, 0, 255),
            sleeve=rng.uniform(15, 225) * rng.uniform(0.75, 1.2, 3) if rng.random() < 0.6 else rng.uniform(10, 230, 3),
            bare=rng.uniform(0.15, 0.9),
            colour=rng.uniform(20, 235, 3),
            handle=rng.uniform(20, 200, 3),
            home=np.array([rng.uniform(-10, 10), rng.uniform(-6, 6), 0.0]),
        )

    def strike_point(self, limb: Limb, times: np.ndarray, wobble: np.ndarray) -> np.ndarray:
        """(n, 3): the point below the tip on the surface. wobble: (n, 2), random deviations while the tip is raised."""
        height, along, depth = limb.height.at(times), limb.along.at(times), limb.depth.at(times)
        across = np.array([-self.along[1], self.along[0], 0.0])
        free = np.clip(height, 0, 1)[:, None]
        ground = self.home + (along[:, None] * self.along + 0.5 * depth[:, None] * across) * self.span
        return ground + free * (wobble[:, :1] * self.along + wobble[:, 1:] * across)

    def arm(self, limb: Limb, times: np.ndarray, wobble: np.ndarray) -> np.ndarray:
        """(n, 5, 3): tip, grip, elbow, shoulder and shadow of an arm. z of the tip is 0 at height 0."""
        height, away = limb.height.at(times), limb.away.at(times)
        target, up = self.strike_point(limb, times, wobble), np.array([0.0, 0.0, 1.0])
        fore = np.minimum(self.swing * height - self.incline, 1.35)
        tool = np.minimum((self.swing + self.wrist) * height - self.tool_incline, 1.5)
        extent = self.forearm * np.cos(self.incline) + self.tool * np.cos(self.tool_incline)
        base = self.forearm * np.sin(self.incline) + self.tool * np.sin(self.tool_incline) + self.lift * height
        gone = (away * 150)[:, None] * self.side + (away * 25)[:, None] * up
        elbow = target + extent * self.side + base[:, None] * up + gone
        grip = elbow + self.forearm * (-np.cos(fore)[:, None] * self.side + np.sin(fore)[:, None] * up)
        tip = grip + self.tool * (-np.cos(tool)[:, None] * self.side + np.sin(tool)[:, None] * up)
        shoulder = (
            elbow + (self.side * 150 + up * 50) if self.kind != "fingers" else elbow + (self.side * 150 + up * 25)
        )
        shadow = tip * np.array([1.0, 1.0, 0.0])
        return np.stack([tip, grip, elbow, shoulder, shadow], axis=1)

    def dropped_object(self, limb: Limb, times: np.ndarray) -> np.ndarray:
        """(n, 5, 3): foot and centre of a dropped object, the hand that holds it, its elbow, and the shadow."""
        height, away, held = limb.height.at(times), limb.away.at(times), limb.held.at(times)
        up, half = np.array([0.0, 0.0, 1.0]), 6.5 * self.size
        foot = self.strike_point(limb, times, np.zeros((len(times), 2))) + (height * 55)[:, None] * up
        foot = foot + (away * 130)[:, None] * self.side
        middle = foot + half * up
        hand = foot + (2 * half + (limb.hand.at(times) - height) * 55 * (1 - (held >= 1)))[:, None] * up
        hand = hand + ((1 - held) * 130)[:, None] * (self.side + 0.5 * up)
        shadow = foot * np.array([1.0, 1.0, 0.0])
        return np.stack([foot, middle, hand, hand + self.side * 160 + up * 70, shadow], axis=1)

    def leg(self, limb: Limb, times: np.ndarray, left: bool, stride: float, own: bool) -> np.ndarray:
        """(n, 5, 3).

        Sole, ankle, knee, hip and shadow of a leg that walks `along`. own: the camera is worn by the walker.
        """
        height, along = limb.height.at(times), limb.along.at(times)
        up, across = np.array([0.0, 0.0, 1.0]), np.array([-self.along[1], self.along[0], 0.0])
        sole = (
            along[:, None] * self.along * stride
            + across * (9 if left else -9) * self.size
            + (height * 24)[:, None] * up
        )
        ankle = sole + (up * 9 - self.along * 7) * self.size
        knee = ankle + up * 45 * self.size + (self.along * 14 * height[:, None])
        hip = across * (5 if left else -5) + up * 150 * self.size + 0 * knee
        if own:
            knee = ankle + (up * 14 - self.along * 40) * self.size
            hip = knee + (up * 20 - self.along * 120) * self.size
        return np.stack([sole, ankle, knee, hip, sole * np.array([1.0, 1.0, 0.0])], axis=1)

    def vessel(self, limb: Limb, times: np.ndarray) -> np.ndarray:
        """(n, 7, 3).

        Lip and other corners of a vessel, its hand and elbow, and where the stream lands. It tilts at its lip.
        """
        tilt, away = limb.tilt.at(times), limb.away.at(times)
        angle, up, across = 0.25 + tilt * (0.9 + self.swing), np.array([0.0, 0.0, 1.0]), -self.side
        long, wide = 15 * self.size, 8 * self.size
        axis = np.cos(angle)[:, None] * up + np.sin(angle)[:, None] * across
        normal = -np.sin(angle)[:, None] * up + np.cos(angle)[:, None] * across
        lip = self.home + (22 + 22 * np.maximum(limb.height.at(times), 0.1))[:, None] * up
        lip = (
            lip + limb.along.at(times)[:, None] * self.along * 25 + (1 - np.clip(tilt, 0, 1))[:, None] * self.side * 14
        )
        lip = lip + away[:, None] * (self.side * 150 + up * 20)
        neck = 0.35 if self.kind == "bottle" else 0.8
        other, bottom, back = (
            lip - normal * wide * 2 * neck,
            lip - axis * 2 * long,
            lip - axis * 2 * long - normal * 2 * wide,
        )
        hand = lip - axis * long - normal * wide * 1.6
        landing = np.broadcast_to(self.home, lip.shape) + across * 4
        return np.stack([lip, other, back, bottom, hand, hand + self.side * 150 + up * 40, landing], axis=1)
