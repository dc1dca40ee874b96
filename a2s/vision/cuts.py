"""Cuts, flashes and fades between two consecutive frames."""

from __future__ import annotations

import cv2
import numpy as np

from a2s.settings import VIDEO

JUMP = 8.0
"""Least change of most of the picture, in grey levels, between two shots."""

MOST_PERCENTILE = 40
"""Percentile of the blocks' changes that stands for most of the picture: 60 % of it change by more."""

UNEXPLAINED = 0.33
"""Part of such a change that remains after the pixels were moved along the flow, for a cut rather than motion."""

FLASH = 30.0
"""Change of brightness of the whole picture in grey levels per frame, for a flash; flickering lamps stay below."""

FADE = 0.15
"""Change of contrast per frame (absolute log of the factor), for a fade."""

SAME_PICTURE = 0.97
"""Least correlation of two pictures of a fade."""

MIN_CONTRAST = 2.0
"""Standard deviation in grey levels below which a picture shows nothing."""


def is_cut(before: np.ndarray, after: np.ndarray, flow: np.ndarray) -> bool:
    """Whether a cut, a flash, or a fade to or from darkness lies between two frames: no motion explains the change.

    before, after: (h, w) uint8 grey. flow: (h, w, 2) float32, pixels from `before` to `after`.
    """
    brighter = float(np.median(block_means(after) - block_means(before)))
    if abs(brighter) > FLASH or _contrast_change(before, after) > FADE:
        return True
    change = _change(before, after)
    if change < JUMP:
        return False
    rows, columns = np.indices(before.shape, np.float32)
    source = columns + flow[..., 0], rows + flow[..., 1]
    warped = cv2.remap(after, *source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _change(before, warped) > UNEXPLAINED * change


def block_means(field: np.ndarray) -> np.ndarray:
    """Means over whole blocks of 12 px: (H, W[, C]) to (H // 12, W // 12[, C]) float32."""
    h, w = (side // VIDEO.flow_block for side in field.shape[:2])
    whole = np.ascontiguousarray(field[: h * VIDEO.flow_block, : w * VIDEO.flow_block], np.float32)
    return cv2.resize(whole, (w, h), interpolation=cv2.INTER_AREA)


def _change(before: np.ndarray, after: np.ndarray) -> float:
    """Change of most of the picture in grey levels; neither one large fast object nor flickering light counts."""
    change = block_means(after) - block_means(before)
    return float(np.percentile(np.abs(change - np.median(change)), MOST_PERCENTILE))


def _contrast_change(before: np.ndarray, after: np.ndarray) -> float:
    """|log| of the factor between the contrasts of one picture; 0 for two pictures, infinite without contrast."""
    a, b = (picture[::4, ::4].astype(np.float32) for picture in (before, after))
    a, b = a - a.mean(), b - b.mean()
    varies, varied = float((a * a).mean()), float((b * b).mean())
    if min(varies, varied) < MIN_CONTRAST**2:
        return float("inf")
    alike = float((a * b).mean()) / (varies * varied) ** 0.5
    return abs(float(np.log(varied / varies))) / 2 if alike > SAME_PICTURE else 0.0
