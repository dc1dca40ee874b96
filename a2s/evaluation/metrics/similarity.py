"""Does a made sound belong to the picture, and to the words for what is done in it?

AV-Sim (Action2Sound, section 4): mean cosine of the picture's and the made sound's embeddings. A cosine alone says
little: beside it stands what mismatched pairs reach. CLAP (Wu et al. 2023) does the same with a sentence made of the
true events, where its weights are at hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch

from a2s.evaluation.clips import Clip
from a2s.evaluation.metrics.embeddings import Clap, embedding
from a2s.evaluation.statistics import mean

DOING = {
    "hit": "hitting {}",
    "knock": "knocking on {}",
    "chop": "chopping on {}",
    "scrape": "scraping {}",
    "pour": "pouring {}",
    "step": "stepping on {}",
    "bounce": "something bouncing on {}",
    "splash": "splashing {}",
}
"""Each of `a2s.settings.ACTIONS` in words, with its material."""


def av_similarity(pipe, clips: Sequence[Clip], waves: np.ndarray) -> dict:
    """Mean cosine of each clip's picture and its sound in the AV-Sim space of `pipe`; see `matched`.

    waves: (n, 48000) float32 at 16 kHz, one each clip. It is the generator's own AV-Sim: it tells whether a model makes
    what that space asks for, and favours who was conditioned on it.
    """
    return matched(window_embeddings(pipe, clips), embedding("av-sim", pipe)(waves), [clip.video for clip in clips])


def text_similarity(clap: Clap, clips: Sequence[Clip], waves: np.ndarray) -> dict:
    """Mean cosine of each clip's sound and the sentence for its events in CLAP's space; see `matched`."""
    texts = [sentence(clip) for clip in clips]
    return matched(clap.embed_texts(texts), clap.embed_sounds(waves), texts)


def matched(queries: np.ndarray, sounds: np.ndarray, groups: Sequence | None = None) -> dict:
    """Cosines of rows that belong together, beside those that don't, of (n, E) unit vectors each.

    value: mean over clips, with a 95 % interval; chance: mean cosine of mismatched pairs; above_chance: mean of what
    a clip's own sound has over the others' mean, with an interval; wins: how often a clip's own sound is closer to it
    than another's (0.5 by chance). groups: one each row; pairs of one group (the same video, the same words) are no
    mismatch.
    """
    cosines = queries @ sounds.T
    own = np.diag(cosines)
    names = np.arange(len(own)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    foreign = names[:, None] != names[None]
    kept = foreign.any(1)
    if not kept.any():
        return mean(own) | {"chance": None, "above_chance": mean([]), "wins": mean([])}
    cosines, foreign = cosines[kept], foreign[kept]
    others = [row[mask] for row, mask in zip(cosines, foreign, strict=True)]
    wins = [np.mean((o > row) + 0.5 * (o == row)) for o, row in zip(own[kept], others, strict=True)]
    return mean(own) | {
        "chance": round(float(cosines[foreign].mean()), 4),
        "above_chance": mean([o - row.mean() for o, row in zip(own[kept], others, strict=True)]),
        "wins": mean(wins),
    }


@torch.inference_mode()
def window_embeddings(pipe, clips: Sequence[Clip]) -> np.ndarray:
    """(n, E) float32, unit length: the picture of each clip's own window."""
    found = [
        pipe.av_sim.embed_window(pipe.encode_video(clip.motion, clip.start), clip.motion, clip.start) for clip in clips
    ]
    return torch.cat(found).float().cpu().numpy()


def sentence(clip: Clip) -> str:
    """What happens in a clip, the commonest first: "the sound of hitting wood and pouring water"."""
    kinds = Counter((event.action, event.material) for event in clip.events).most_common(2)
    return "the sound of " + " and ".join(DOING[action].format(material) for (action, material), _ in kinds)
