"""What stands about in a place and what lies on its floor, painted onto a backdrop."""

from __future__ import annotations

import cv2
import numpy as np

from a2s.datasets.foley_world.textures import clouds, texture


def _box(img, x0, y0, x1, y1, colour, width: int = -1) -> None:
    cv2.rectangle(img, (int(x0), int(y0)), (int(x1), int(y1)), tuple(float(c) for c in colour), width, cv2.LINE_AA)


def _blobs(img, rng, count, y0, y1, sizes, colours, flat: float = 0.5, spread: float = 22) -> None:
    """Ellipses scattered between two heights."""
    w = img.shape[1]
    for _ in range(count):
        c = np.array(colours[rng.integers(len(colours))]) * rng.uniform(0.7, 1.2) + rng.normal(0, spread * 0.4, 3)
        r = rng.uniform(*sizes)
        at = (int(rng.uniform(0, w)), int(rng.uniform(y0, max(y1, y0 + 1))))
        cv2.ellipse(
            img,
            at,
            (int(r) + 1, int(r * rng.uniform(flat, 1)) + 1),
            float(rng.uniform(0, 180)),
            0,
            360,
            np.clip(c, 0, 255).tolist(),
            -1,
            cv2.LINE_AA,
        )


def _bars(img, rng, y0, y1, step, width, colour, lean: float = 0.0) -> None:
    """Upright things in a row."""
    x = rng.uniform(0, step)
    while x < img.shape[1]:
        w = width * rng.uniform(0.7, 1.3)
        shift = rng.normal(0, lean)
        pts = np.array([[x, y1], [x + w, y1], [x + w + shift, y0], [x + shift, y0]], np.int32)
        cv2.fillPoly(img, [pts], np.clip(np.array(colour) * rng.uniform(0.75, 1.2), 0, 255).tolist(), cv2.LINE_AA)
        x += step * rng.uniform(0.75, 1.4)


def _grid(img, rng, y0, y1, step, colour) -> None:
    x0 = rng.uniform(0, step)
    for x in np.arange(x0, img.shape[1], step):
        _box(img, x, y0, x, y1, colour, 1)
    for y in np.arange(y0, y1, step * rng.uniform(0.5, 1.0)):
        _box(img, 0, y, img.shape[1], y, colour, 1)


def _row(img, rng, y0, y1, count, colours, fill: float = 0.8, lines: int = 0) -> None:
    """Boxes side by side standing on y1, each with `lines` cross lines."""
    w = img.shape[1] / count
    for k in range(count):
        c = np.clip(np.array(colours[rng.integers(len(colours))]) * rng.uniform(0.8, 1.15), 0, 255)
        x, top = (k + rng.uniform(0, 0.2)) * w, y1 - (y1 - y0) * rng.uniform(fill, 1)
        _box(img, x, top, x + w * rng.uniform(fill, 1), y1, c)
        for q in range(1, lines + 1):
            y = top + (y1 - top) * q / (lines + 1)
            _box(img, x + 2, y, x + w * fill - 2, y, c * 0.6, 1)


GREENS = ((50, 95, 35), (75, 120, 45), (35, 70, 30), (100, 140, 60))
BRIGHT = ((220, 60, 60), (240, 200, 60), (230, 130, 180), (250, 250, 250), (150, 80, 190))


def draw_prop(name: str, img: np.ndarray, hz: int, rng: np.random.Generator) -> None:
    """Paint one feature of the backdrop, above the horizon."""
    h, w = img.shape[:2]
    if name in ("sky", "rainsky"):
        blue = (120, 170, 225) if name == "sky" else (165, 172, 178)
        top, low = np.array(blue, float) * rng.uniform(0.85, 1.1), np.array((215, 225, 235), float)
        ramp = np.linspace(0, 1, hz)[:, None, None]
        fog = clouds(hz, w, rng, (2, 5, 9))[..., None] * 14 if hz > 8 else 0
        img[:hz] = np.clip(top + (low - top) * ramp + fog, 0, 255)
    elif name == "tiles":
        _grid(img, rng, 0, hz, rng.uniform(9, 18), (160, 165, 165))
    elif name == "steel":
        _row(img, rng, hz * 0.5, hz, int(rng.integers(2, 4)), ((185, 188, 192), (150, 155, 160)), 0.85, 2)
    elif name == "cupboards":
        _row(
            img, rng, 0, hz * 0.42, int(rng.integers(3, 6)), ((235, 230, 220), (160, 110, 70), (120, 150, 150)), 0.92, 0
        )
    elif name == "pans":
        _blobs(img, rng, 4, hz * 0.5, hz * 0.7, (6, 12), ((60, 60, 62), (190, 110, 70), (200, 200, 205)), 0.8)
    elif name == "sofa":
        c = rng.uniform(60, 190, 3)
        x = rng.uniform(0, w * 0.4)
        _box(img, x, hz * 0.55, x + w * 0.5, hz, c)
        _box(img, x + 6, hz * 0.72, x + w * 0.5 - 6, hz, c * 1.2)
    elif name in ("lamp", "bulbs", "spots"):
        count = {"lamp": 1, "bulbs": 8, "spots": 2}[name]
        _blobs(img, rng, count, hz * 0.1, hz * 0.5, (3, 9), ((255, 235, 170), (255, 215, 130)), 0.9, 5)
    elif name == "frames":
        for _ in range(3):
            x, y = rng.uniform(0, w), rng.uniform(0, hz * 0.4)
            _box(img, x, y, x + 26, y + 18, (80, 60, 45))
            _box(img, x + 3, y + 3, x + 23, y + 15, rng.uniform(60, 220, 3))
    elif name == "curtains":
        _bars(img, rng, 0, hz, 7, 5, rng.uniform(120, 220, 3))
    elif name == "screens":
        for x in np.arange(rng.uniform(0, 40), w, 75):
            _box(img, x, hz * 0.4, x + 52, hz * 0.85, (25, 27, 32))
            _box(img, x + 3, hz * 0.44, x + 49, hz * 0.8, (90, 150, 220) if rng.random() < 0.6 else (215, 225, 235))
    elif name == "blinds":
        for y in np.arange(0, hz * 0.35, 4):
            _box(img, 0, y, w, y + 1, (235, 240, 245))
    elif name in ("shelves", "pegboard", "counter"):
        colours = {
            "shelves": ((150, 60, 50), (50, 80, 120), (190, 170, 120)),
            "pegboard": ((190, 60, 40), (60, 60, 65), (170, 170, 175), (210, 160, 40)),
            "counter": ((70, 42, 28), (50, 32, 25)),
        }[name]
        if name == "counter":
            _row(img, rng, hz * 0.6, hz, 2, colours, 0.95)
        else:
            for q in (0.3, 0.6):
                _row(img, rng, hz * (q - 0.2), hz * q, int(rng.integers(10, 18)), colours, 0.4)
                _box(img, 0, hz * q, w, hz * q + 2, (70, 55, 40))
    elif name == "beams":
        _bars(img, rng, 0, hz, 90, 8, (85, 62, 42))
    elif name == "foam":
        _grid(img, rng, 0, hz, rng.uniform(6, 12), (22, 22, 26))
        if rng.random() < 0.5:
            _box(img, w * 0.6, hz * 0.2, w * 0.62, hz, (15, 15, 15))
    elif name == "mirror":
        x = rng.uniform(0, w * 0.6)
        _box(img, x, hz * 0.1, x + w * 0.3, hz * 0.6, (215, 225, 235))
    elif name == "basin":
        _blobs(img, rng, 2, hz * 0.8, hz, (20, 40), ((250, 250, 250),), 0.4, 4)
    elif name == "houses":
        for k in range(5):
            x, top, c = k * w / 5, rng.uniform(0, hz * 0.45), rng.uniform(95, 165) * rng.uniform(0.9, 1.1, 3)
            _box(img, x, top, x + w / 5, hz, np.clip(c, 0, 255))
            for wy in np.arange(top + 4, hz - 8, 11):
                for wx in np.arange(x + 4, x + w / 5 - 6, 11):
                    _box(img, wx, wy, wx + 5, wy + 6, (60, 75, 95) if rng.random() < 0.7 else (235, 215, 150))
    elif name == "cars":
        for _ in range(3):
            x, c = rng.uniform(0, w), rng.uniform(20, 230, 3)
            _box(img, x, hz - 14, x + 44, hz - 3, c)
            _box(img, x + 9, hz - 21, x + 34, hz - 13, (60, 70, 80))
            for q in (9, 35):
                cv2.circle(img, (int(x + q), hz - 3), 4, (20, 20, 20), -1, cv2.LINE_AA)
    elif name == "kerb":
        _box(img, 0, hz - 2, w, hz + 3, (170, 170, 168))
    elif name == "people":
        for _ in range(4):
            x = int(rng.uniform(0, w))
            _box(img, x - 9, hz * 0.5, x + 9, hz, rng.uniform(20, 160, 3))
            cv2.circle(img, (x, int(hz * 0.4)), 7, (195, 145, 110), -1, cv2.LINE_AA)
    elif name in ("greens", "hedge"):
        _blobs(img, rng, 90, hz * (0.1 if name == "greens" else 0.55), hz, (4, 16), GREENS, 0.5)
    elif name == "trunks":
        _bars(img, rng, 0, hz + 6, 34, 9, (70, 52, 38), 5)
    elif name in ("fence", "rail"):
        c = (230, 228, 220) if rng.random() < 0.5 else (125, 90, 60)
        _bars(img, rng, hz * 0.55, hz, 13, 5, c)
        _box(img, 0, hz * 0.66, w, hz * 0.66 + 3, c)
    elif name == "flowers":
        _blobs(img, rng, 40, hz * 0.75, hz + 8, (1, 3), BRIGHT, 0.8)
    elif name in ("stream", "sea"):
        top = hz * (0.62 if name == "stream" else 0.4)
        if hz - top > 4:
            tex = texture("water", int(hz - top), w, rng)
            img[hz - tex.shape[0] : hz] = tex
            for _ in range(6):
                y = rng.uniform(top, hz)
                _box(img, rng.uniform(0, w), y, rng.uniform(0, w), y, (225, 235, 240), 1)
    elif name == "stars":
        _blobs(img, rng, 25, 0, hz, (0.2, 0.9), ((200, 205, 220),), 0.9, 5)
        if rng.random() < 0.5:
            cv2.circle(img, (int(rng.uniform(0, w)), int(hz * 0.25)), 8, (215, 215, 195), -1, cv2.LINE_AA)
    elif name == "hills":
        xs = np.arange(0, w + 8, 8)
        ys = hz * 0.8 - 8 * clouds(2, len(xs), rng, (3, 7))[0]
        cv2.fillPoly(
            img, [np.concatenate([np.stack([xs, ys], 1), [[w, hz], [0, hz]]]).astype(np.int32)], (6, 9, 12), cv2.LINE_AA
        )


def draw_litter(name: str, img: np.ndarray, hz: int, rng: np.random.Generator) -> None:
    """Paint what lies on the floor, below the horizon."""
    h, w = img.shape[:2]
    dim = np.array(img[hz:].reshape(-1, 3).mean(0))
    if name in ("grid", "slabs"):
        _grid(img, rng, hz, h, rng.uniform(20, 34) * (1.6 if name == "slabs" else 1), dim * 0.8)
    elif name == "boards":
        for x in np.arange(rng.uniform(0, 14), w, rng.uniform(12, 22)):
            cv2.line(img, (int(x), h), (int(w / 2 + (x - w / 2) * 0.6), hz), (dim * 0.6).tolist(), 1, cv2.LINE_AA)
    elif name in ("bowls", "cups"):
        _blobs(img, rng, 6, hz, h, (6, 11), ((245, 240, 230), (90, 50, 35), (200, 80, 50)), 0.6)
    elif name == "rug":
        _box(img, w * 0.1, hz + (h - hz) * 0.2, w * 0.9, h, rng.uniform(80, 190, 3) * (1, 0.6, 0.5))
        _grid(img, rng, int(hz + (h - hz) * 0.3), h, 17, dim * 0.7)
    elif name == "papers":
        for _ in range(5):
            box = cv2.boxPoints(
                ((float(rng.uniform(0, w)), float(rng.uniform(hz, h))), (34.0, 24.0), float(rng.uniform(0, 90)))
            )
            cv2.fillPoly(img, [box.astype(np.int32)], (240, 240, 236), cv2.LINE_AA)
    elif name == "keys":
        x, y = rng.uniform(0, w - 60), rng.uniform(hz, h - 24)
        _box(img, x, y, x + 60, y + 22, (40, 42, 46))
        _grid(img[int(y) : int(y) + 22, int(x) : int(x) + 60], rng, 0, 22, 5, (95, 98, 105))
    elif name == "shavings":
        _blobs(img, rng, 60, hz, h, (1, 4), ((215, 180, 125), (190, 150, 95)), 0.4)
    elif name in ("tools", "cables"):
        for _ in range(8):
            a, b = rng.uniform((0, hz), (w, h)), rng.normal(0, 30, 2)
            c = (22, 22, 24) if name == "cables" else (130, 135, 140)
            cv2.line(
                img,
                tuple(a.astype(int).tolist()),
                tuple((a + b).astype(int).tolist()),
                c,
                int(rng.integers(1, 5)),
                cv2.LINE_AA,
            )
    elif name == "stripes":
        for x in np.arange(rng.uniform(0, 30), w, 60):
            cv2.fillPoly(
                img,
                [np.array([[x, h], [x + 22, h], [x + 26, hz + 8], [x + 14, hz + 8]], np.int32)],
                (205, 205, 200),
                cv2.LINE_AA,
            )
    elif name in ("leaves", "moss"):
        _blobs(
            img,
            rng,
            90,
            hz,
            h,
            (1, 6),
            ((150, 100, 40), (120, 70, 35), (85, 110, 45)) if name == "leaves" else GREENS,
            0.4,
        )
    elif name == "flowers":
        _blobs(img, rng, 30, hz, h, (1, 3), BRIGHT, 0.8)
    elif name == "grass":
        for _ in range(150):
            a = rng.uniform((0, hz), (w, h))
            cv2.line(
                img,
                tuple(a.astype(int).tolist()),
                tuple((a + (rng.normal(0, 3), -rng.uniform(4, 10))).astype(int).tolist()),
                np.clip(dim * rng.uniform(0.6, 1.5), 0, 255).tolist(),
                1,
                cv2.LINE_AA,
            )
    elif name == "wet":
        _blobs(img, rng, 8, hz, h, (8, 26), ((170, 182, 190),), 0.25, 8)
    elif name == "pebbles":
        _blobs(img, rng, 150, hz, h, (2, 8), ((150, 145, 135), (110, 108, 105), (90, 95, 95), (175, 165, 150)), 0.6)
    elif name in ("bank", "foam edge"):
        y = int(hz + (h - hz) * rng.uniform(0.1, 0.25))
        tex = texture("water", y - hz + 1, w, rng)
        img[hz : y + 1] = tex
        _box(img, 0, y, w, y + 2, (235, 238, 236) if name == "foam edge" else (80, 85, 75))
    elif name == "shells":
        _blobs(img, rng, 25, hz, h, (1, 3), ((250, 240, 225), (180, 150, 120)), 0.6)
