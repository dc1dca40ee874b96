"""Draw actors: one call draws one limb on one frame, from the pixel positions of its points.

Common parameters: p, the points of the limb (k, 2); s, the scale of the frame; shade, the colour of the shadow; u and
n, the unit vectors (2,) along a tool and across it.
"""

from __future__ import annotations

import numpy as np

from a2s.datasets.foley_world.actors import Actor
from a2s.datasets.foley_world.drawing import disc, line, poly, tint

FLUID = (150, 190, 210)
"""Colour of a stream."""

DARK = 0.45
"""Brightness of a hammer's head."""

Shade = tuple[float, float, float]


def _unit(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unit vectors (2,) along v and across it."""
    u = v / (np.hypot(v[0], v[1]) + 1e-6)
    return u, np.array([-u[1], u[0]])


def _forearm(
    img: np.ndarray, actor: Actor, wrist: np.ndarray, elbow: np.ndarray, shoulder: np.ndarray, s: float
) -> None:
    """Skin, sleeve and a lighter edge on the upper side."""
    w = 10 * actor.size * s
    cuff = elbow + (wrist - elbow) * actor.bare
    line(img, elbow, shoulder, w * 1.5, tint(actor.sleeve, 0.9))
    line(img, elbow, wrist, w * 0.85, tint(actor.skin, 0.88))
    line(img, elbow, cuff, w * 1.3, tint(actor.sleeve, 1.0))
    _, n = _unit(wrist - elbow)
    n = n if n[1] < 0 else -n
    line(img, elbow + n * w * 0.25, cuff + n * w * 0.25, w * 0.4, tint(actor.sleeve, 1.15))
    line(img, cuff + n * w * 0.15, wrist + n * w * 0.15, w * 0.3, tint(actor.skin, 1.05))


def _fist(img: np.ndarray, actor: Actor, at: np.ndarray, u: np.ndarray, n: np.ndarray, s: float) -> None:
    r = 6.2 * actor.size * s
    disc(img, at, r, tint(actor.skin, 0.95))
    for k in (-1.5, -0.5, 0.5, 1.5):
        p = at + n * k * r * 0.5
        line(img, p, p + u * r * 0.75, r * 0.5, tint(actor.skin, 0.9 + 0.08 * (k % 1 + k / 3)))
    line(img, at - n * r * 0.8, at + u * r * 0.5 - n * r * 0.5, r * 0.5, tint(actor.skin, 1.06))


def _open_hand(
    img: np.ndarray, actor: Actor, at: np.ndarray, tip: np.ndarray, u: np.ndarray, n: np.ndarray, s: float
) -> None:
    r = 6.0 * actor.size * s
    disc(img, at, r, tint(actor.skin, 0.95))
    for k in (-1.5, -0.5, 0.5, 1.5):
        line(
            img,
            at + n * k * r * 0.45,
            tip + n * k * r * 0.5 - u * abs(k) * r * 0.2,
            r * 0.5,
            tint(actor.skin, 0.9 + 0.05 * k),
        )
    line(img, at - n * r * 0.6, at - n * r * 1.2 + u * r * 0.9, r * 0.55, tint(actor.skin, 1.03))


def draw_arm(img: np.ndarray, p: np.ndarray, actor: Actor, s: float, shade: Shade) -> None:
    """An arm with its tool. p: (5, 2) tip, grip, elbow, shoulder, shadow."""
    tip, grip, elbow, shoulder, shadow = p
    u, n = _unit(tip - grip)
    a, _ = _unit(grip - elbow)
    z = actor.size * s
    line(img, shadow, shadow + (elbow - tip) * 0.25, 6 * z, shade)
    if actor.kind == "fingers":
        _pointing_hand(img, actor, p, s)
        return
    _forearm(img, actor, grip - a * 4 * z, elbow, shoulder, s)
    _tool(img, actor, tip, grip, u, n, z)
    if actor.kind in ("palm", "cloth"):
        _open_hand(img, actor, grip, tip, u, n, s)
    else:
        _fist(img, actor, grip, u, n, s)


def _pointing_hand(img: np.ndarray, actor: Actor, p: np.ndarray, s: float) -> None:
    """A hand whose forefinger ends at the tip. p: as of `draw_arm`; the elbow is the knuckle."""
    tip, grip, knuckle, shoulder, _ = p
    _, n = _unit(tip - grip)
    a, _ = _unit(grip - knuckle)
    z = actor.size * s
    wrist = knuckle + (shoulder - knuckle) * 0.12
    _forearm(img, actor, wrist, knuckle + (shoulder - knuckle) * 0.4, shoulder, s)
    line(img, wrist, knuckle, 11 * z, tint(actor.skin, 0.93))
    for q in (-1.4, 0.8, 1.7):
        end = knuckle + (a * 0.8 + n * q * 0.15) * actor.forearm * s * 0.9
        line(img, knuckle + n * q * 2.6 * z, end, 2.8 * z, tint(actor.skin, 0.9))
    line(img, knuckle - n * z, grip, 3.2 * z, tint(actor.skin, 1.02))
    line(img, grip, tip, 2.8 * z, tint(actor.skin, 0.97))


def _tool(
    img: np.ndarray, actor: Actor, tip: np.ndarray, grip: np.ndarray, u: np.ndarray, n: np.ndarray, z: float
) -> None:
    """The tool between tip and grip. z: size in pixels."""
    kind = actor.kind
    if kind in ("knife", "cleaver"):
        _blade(img, actor, tip, grip, u, n, z)
    elif kind == "hammer":
        line(img, tip + (grip - tip) * 0.1, grip - u * 5 * z, 3 * z, tint(actor.handle, 1.0))
        head = tip - n * np.sign(n[1] + 1e-6) * 4 * z
        line(img, tip, head - n * np.sign(n[1] + 1e-6) * 5 * z, 7 * z, tint(actor.colour, DARK))
        line(img, tip, head, 3 * z, tint(actor.colour, 0.9))
    elif kind == "stick":
        line(img, tip, grip - u * 8 * z, 2.2 * z, tint(actor.handle, 1.0))
    elif kind == "spoon":
        line(img, tip, grip - u * 5 * z, 2.2 * z, tint(actor.colour, 0.8))
        disc(img, tip - u * 2 * z, 3.6 * z, tint(actor.colour, 1.0))
        disc(img, tip - u * 2.6 * z - n, 1.8 * z, tint(actor.colour, 1.3))
    elif kind in ("block", "cloth"):
        w, h = (11, 5.5) if kind == "block" else (10, 8)
        front, back = tip + n * w * z - u * h * z, tip - n * w * z + u * h * z
        corners = [front, tip + n * w * z + u * h * z, back, tip - n * w * 0.8 * z - u * h * z]
        poly(img, np.stack(corners), tint(actor.colour, 1.0))
        line(img, front, tip - n * w * z - u * h * z, 1.5 * z, tint(actor.colour, 1.25))


def _blade(
    img: np.ndarray, actor: Actor, tip: np.ndarray, grip: np.ndarray, u: np.ndarray, n: np.ndarray, z: float
) -> None:
    """A knife or cleaver whose edge is at the tip."""
    long, high = (26, 5) if actor.kind == "knife" else (20, 11)
    up = n if n[1] < 0 else -n
    steel = np.clip(150 + 0.4 * actor.colour, 0, 250)
    heel = grip + (tip - grip) * 0.6
    point = heel + u * long * z
    poly(img, np.stack([heel, point, point - u * 6 * z + up * high * 0.6 * z, heel + up * high * z]), tint(steel, 0.9))
    line(img, heel + up * high * 0.8 * z, point - u * 6 * z + up * high * 0.5 * z, 1.2 * z, tint(steel, 1.25))
    line(img, heel + up * 2 * z, grip - u * 4 * z + up * 2 * z, 4 * z, tint(actor.handle, 0.6))


def draw_object(img: np.ndarray, p: np.ndarray, actor: Actor, s: float, shade: Shade, turn: float, held: bool) -> None:
    """A dropped object and its shadow; where `held`, also the hand. p: (5, 2) foot, centre, hand, elbow, shadow.

    turn: its rotation in turns.
    """
    foot, middle, hand, elbow, shadow = p
    r = max(2.0, 6.5 * actor.size * s)
    line(img, shadow - (r * 0.7, 0), shadow + (r * 0.7, 0), r * 0.7, shade)
    angle = 2 * np.pi * turn
    u, n = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    if actor.kind in ("ball", "stone"):
        disc(img, middle, r, tint(actor.colour, 0.85))
        disc(img, middle + u * r * 0.3 - (0, r * 0.25), r * 0.5, tint(actor.colour, 1.2))
        line(img, middle - n * r * 0.8, middle + n * r * 0.8, r * 0.2, tint(actor.handle, 0.8))
    elif actor.kind == "box":
        poly(
            img,
            np.stack([middle + (u + n) * r, middle + (u - n) * r, middle - (u + n) * r, middle - (u - n) * r]),
            tint(actor.colour, 0.9),
        )
        line(img, middle + (u + n) * r, middle + (u - n) * r, r * 0.35, tint(actor.colour, 1.3))
    elif actor.kind == "rod":
        line(img, middle - u * r * 2.4, middle + u * r * 2.4, r * 0.5, tint(actor.colour, 1.0))
    else:
        poly(
            img,
            np.stack([middle + (u * np.cos(t) + n * 0.35 * np.sin(t)) * r * 1.6 for t in np.linspace(0, 6.28, 12)]),
            tint(actor.colour, 1.0),
        )
        line(img, middle - u * r, middle + u * r, r * 0.25, tint(actor.colour, 1.35))
    if held:
        away, n = _unit(elbow - hand)
        _forearm(img, actor, hand + away * 8 * actor.size * s, hand + away * 60 * s, elbow, s)
        _fist(img, actor, hand, -away, n, s)
        for side in (-1, 1):
            line(img, hand + n * side * r * 0.7, middle + n * side * r * 0.9, r * 0.5, tint(actor.skin, 0.98))


def draw_foot(img: np.ndarray, p: np.ndarray, actor: Actor, s: float, shade: Shade, toward: np.ndarray) -> None:
    """A shoe and a leg. p: (5, 2) sole, ankle, knee, hip, shadow. toward: (2,), direction of the toe."""
    sole, ankle, knee, hip, shadow = p
    z = actor.size * s
    line(img, shadow - toward * 6 * z, shadow + toward * 6 * z, 8 * z, shade)
    line(img, ankle, knee, 12 * z, tint(actor.sleeve, 0.85))
    line(img, knee, hip, 15 * z, tint(actor.sleeve, 1.0))
    line(img, ankle, knee, 4 * z, tint(actor.sleeve, 1.1))
    line(img, sole - toward * 7 * z, sole + toward * 9 * z, 9 * z, tint(actor.colour, 0.6))
    line(img, sole - toward * 6 * z - (0, 2 * z), sole + toward * 7 * z - (0, 2 * z), 6.5 * z, tint(actor.colour, 1.0))
    line(img, sole - (0, 3 * z), sole + toward * 4 * z - (0, 3 * z), 2 * z, tint(actor.handle, 1.2))


def draw_vessel(
    img: np.ndarray, p: np.ndarray, actor: Actor, s: float, stream: tuple[float, float] | None, beat: float
) -> None:
    """A vessel and its stream. p: (7, 2) lip, other corner, back, bottom, hand, elbow, landing.

    stream: positions of its end and its front, 0 at the lip, 1 at the landing; None without a stream. beat: phase of
    its motion in radians.
    """
    lip, other, back, bottom, hand, elbow, landing = p
    z = actor.size * s
    if stream:
        a, b = lip + (landing - lip) * stream[0], lip + (landing - lip) * stream[1]
        bend = np.array([1.2 * np.sin(beat), 0.0]) * s
        middle = (a + b) / 2 + bend + (lip - landing) * (0.1, 0)
        for width, light in ((3.4, 0.85), (1.4, 1.25)):
            line(img, a, middle, width * z, tint(FLUID, light))
            line(img, middle, b + bend * 0.5, width * 0.9 * z, tint(FLUID, light))
        if stream[1] > 0.95:
            for k in range(5):
                q = beat * (1.3 + 0.31 * k) + k * 2.1
                disc(img, landing + np.array([np.sin(q) * 8, -abs(np.cos(1.7 * q)) * 6]) * z, 1.1 * s, tint(FLUID, 1.4))
    poly(img, np.stack([lip, other, back, bottom]), tint(actor.colour, 0.85))
    line(
        img,
        lip + (bottom - lip) * 0.1 + (other - lip) * 0.25,
        bottom + (back - bottom) * 0.25,
        2.2 * z,
        tint(actor.colour, 1.35),
    )
    line(img, lip, other, 1.6 * z, tint(actor.colour, 0.5))
    away, n = _unit(elbow - hand)
    _forearm(img, actor, hand + away * 6 * z, hand + away * 60 * s, elbow, s)
    _fist(img, actor, hand, -away, n, s)
