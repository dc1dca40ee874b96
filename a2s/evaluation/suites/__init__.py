"""The suites of an evaluation, in the order of the report.

tables        the paper's tables: every experiment, by all metrics
sweeps        number of steps, guidance scale, frame rate
coding        VAE and vocoder without the denoiser
ambience      whether the ambience follows its condition and its amount
retrieval     retrieval of audio by pictures among the test worlds
faiss         FAISS indexes at the scale of the paper's clips
real          real clips with annotated onsets
cues          detected cues of real clips: times, confidence, names, place; no sound is made
"""

SUITES = ("tables", "sweeps", "coding", "ambience", "retrieval", "faiss", "real", "cues")
