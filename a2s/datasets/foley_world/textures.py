"""Textures of materials, and the slabs made of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from a2s.datasets.foley_world.camera import View

PALETTE: dict[str, tuple[tuple[int, int, int], ...]] = {
    "wood": ((170, 115, 65), (120, 72, 40), (205, 160, 105), (150, 90, 50), (90, 58, 38)),
    "metal": ((170, 173, 178), (120, 124, 130), (196, 198, 200), (90, 95, 102)),
    "glass": ((175, 215, 210), (150, 195, 185), (190, 210, 225)),
    "ceramic": ((242, 240, 235), (232, 222, 205), (225, 235, 245), (70, 110, 170), (150, 70, 50)),
    "stone": ((128, 126, 122), (95, 93, 92), (165, 158, 148), (110, 118, 120)),
    "cloth": ((160, 50, 60), (60, 70, 150), (80, 125, 85), (190, 150, 170), (200, 190, 165), (60, 60, 66)),
    "plastic": ((225, 45, 40), (30, 110, 225), (240, 195, 25), (50, 185, 75), (240, 120, 25), (220, 70, 160)),
    "water": ((50, 115, 165), (75, 145, 165), (45, 90, 120), (95, 165, 190)),
}


def clouds(
    h: int, w: int, rng: np.random.Generator, cells: tuple[int, ...] = (3, 7, 15, 31), fall: float = 0.6
) -> np.ndarray:
    """Smooth noise of unit variance, (h, w) float32."""
    out, weight = np.zeros((h, w), np.float32), 1.0
    for k in cells:
        grain = rng.standard_normal((max(2, k * h // max(h, w)), max(2, k * w // max(h, w)))).astype(np.float32)
        out += weight * cv2.resize(grain, (w, h), interpolation=cv2.INTER_CUBIC)
        weight *= fall
    return (out - out.mean()) / (out.std() + 1e-6)


def texture(material: str, h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """A random texture of a material, uint8 (h, w, 3)."""
    colour = np.array(PALETTE[material][rng.integers(len(PALETTE[material]))], np.float32) * rng.uniform(
        0.75, 1.05
    ) + rng.normal(0, 7, 3)
    x, y = np.meshgrid(np.linspace(-1, 1, w, dtype=np.float32), np.linspace(-1, 1, h, dtype=np.float32))
    n, deep = clouds(h, w, rng), rng.uniform(9, 20)
    if material == "wood":
        stretched = cv2.resize(clouds(h, max(8, w // 10), rng, (7, 15, 31)), (w, h), interpolation=cv2.INTER_CUBIC)
        n = 0.9 * np.sin(clouds(h, w, rng, (2, 4)) * 2 + y * rng.uniform(12, 34)) + 0.5 * stretched
        if rng.random() < 0.4:
            n -= 3.0 * (np.abs((y * rng.uniform(1.5, 4)) % 1 - 0.5) > 0.47)
    elif material == "cloth":
        weave = np.sin(x * w * rng.uniform(0.3, 0.8)) + np.sin(y * h * rng.uniform(0.3, 0.8))
        n = 0.5 * weave + 0.9 * clouds(h, w, rng, (3, 6))
        if rng.random() < 0.35:
            n += 1.6 * np.sign(np.sin(x * rng.uniform(8, 25) + rng.uniform(0, 3)))
    elif material == "stone":
        n = (
            0.7 * n
            + 0.8 * rng.standard_normal((h, w)).astype(np.float32)
            - 1.6 * (np.abs(clouds(h, w, rng, (4, 8))) < 0.06)
        )
    elif material == "metal":
        slope = rng.uniform(-1, 1)
        sheen = np.cos((x + slope * y) * rng.uniform(2.5, 6) + rng.uniform(0, 6))
        n = 1.9 * sheen + 2.2 * np.maximum(0, sheen) ** 8 + 0.4 * rng.standard_normal((h, 1)).astype(np.float32)
        deep = rng.uniform(20, 30)
    elif material == "water":
        n = np.sin(y * rng.uniform(15, 40) + 2 * clouds(h, w, rng, (3, 6))) + 0.8 * n
        n += 2.2 * (n > 1.6)
    elif material == "glass":
        n = 0.3 * n + 1.2 * x + 3.0 * (np.abs(x + y * 0.4 + rng.uniform(-0.6, 0.6)) < 0.07)
    else:  # ceramic, plastic: smooth shading and a highlight
        a, b = rng.uniform(-0.5, 0.5, 2)
        shine = np.exp(-((x - a) ** 2 + (y - b) ** 2) / rng.uniform(0.02, 0.12))
        n = 0.15 * n - 1.2 * (x * a + y * b) + (3.5 if material == "ceramic" else 2.6) * shine * rng.uniform(0.4, 1)
    return np.clip(colour + (n * deep)[..., None], 0, 255).astype(np.uint8)


def _outline(is_round: bool, long: float, wide: float) -> np.ndarray:
    """(n, 3): the outline of a slab around the origin."""
    if is_round:
        t = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        return np.stack([long * np.cos(t), wide * np.sin(t), 0 * t], axis=1)
    return np.array([[-long, -wide, 0], [long, -wide, 0], [long, wide, 0], [-long, wide, 0]], float)


@dataclass(frozen=True)
class Slab:
    """A flat object: a table, a board, a vessel. Lengths are in 192nds of the picture's width.

    long, wide: half of its sides. deep: thickness. centre: (3,) of its top. clear: 0 opaque .. 1 invisible.
    """

    texture: np.ndarray
    is_round: bool
    long: float
    wide: float
    deep: float
    centre: np.ndarray
    clear: float = 0.0


def lay(canvas: np.ndarray, view: View, slab: Slab) -> None:
    """Draw a slab with its shadow on the canvas."""
    outline = _outline(slab.is_round, slab.long, slab.wide) + slab.centre
    top, foot = view.project(outline), view.project(outline - np.array([0.0, 0.0, slab.deep]))
    hull = cv2.convexHull(np.concatenate([top, foot]).astype(np.float32)).reshape(-1, 2)
    h, w = canvas.shape[:2]
    shade, side, face = (np.zeros((h, w), np.float32) for _ in range(3))
    cv2.fillPoly(shade, [(hull * 16 + 6 * 16).astype(np.int32)], 0.35, cv2.LINE_AA, 4)
    lit = canvas * (1 - cv2.GaussianBlur(shade, (0, 0), 4))[..., None]
    cv2.fillPoly(side, [(hull * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    cv2.fillPoly(face, [(top * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    dim = slab.texture.reshape(-1, 3).mean(0) * 0.6
    lit += (dim - lit) * (side * (1 - slab.clear))[..., None]
    lit += (_projected(slab, view, (w, h)) - lit) * (face * (1 - slab.clear))[..., None]
    out = np.clip(lit, 0, 255).astype(np.uint8)
    if slab.clear > 0:
        cv2.polylines(out, [(top * 16).astype(np.int32)], True, (240, 250, 250), 1, cv2.LINE_AA, 4)
        cv2.polylines(out, [(hull * 16).astype(np.int32)], True, (210, 230, 230), 1, cv2.LINE_AA, 4)
    elif slab.is_round:
        edge = tuple(np.clip(dim * 2.1, 0, 255).tolist())
        cv2.polylines(out, [(top * 16).astype(np.int32)], True, edge, 1, cv2.LINE_AA, 4)
    canvas[:] = out


def _projected(slab: Slab, view: View, size: tuple[int, int]) -> np.ndarray:
    """The texture of a slab as it appears on a canvas of `size` (width, height)."""
    tex = slab.texture
    corners = view.project(_outline(False, slab.long, slab.wide) + slab.centre).astype(np.float32)
    frame = np.array([[0, tex.shape[0]], [tex.shape[1], tex.shape[0]], [tex.shape[1], 0], [0, 0]], np.float32)
    return cv2.warpPerspective(tex, cv2.getPerspectiveTransform(frame, corners), size, borderMode=cv2.BORDER_REFLECT)
