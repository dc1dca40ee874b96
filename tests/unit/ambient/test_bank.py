"""The ambient bank: made, saved, loaded, searched, and damaged."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
import soundfile

from a2s.ambient import AmbientBank
from a2s.ambient.clip import fitted
from a2s.audio.levels import level_db
from a2s.errors import BankError

RATE = 16_000
NAMES = ("low", "middle", "high")


def tone(hz: float, seconds: float = 4.0, level: float = 0.1) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def embed(waveform: np.ndarray) -> np.ndarray:
    """A toy: how much there is below 600 Hz, about 1 kHz and above 2 kHz; not normalised."""
    power = np.abs(np.fft.rfft(waveform)) ** 2
    f = np.fft.rfftfreq(len(waveform), 1 / RATE)
    return np.array([power[f < 600].sum(), power[(f > 600) & (f < 2000)].sum(), power[f > 2000].sum()]) + 1.0


@pytest.fixture
def recordings(tmp_path):
    folder = tmp_path / "recordings"
    for name, hz, kind, level in zip(NAMES, (200, 1000, 4000), ("hum", "hum", "quiet"), (0.2, 0.1, 0.001), strict=True):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / kind / f"{name}_tone.wav", tone(hz, level=level), RATE)
    (folder / "notes.txt").write_text("not a recording")
    return folder


@pytest.fixture
def bank(recordings, tmp_path):
    return AmbientBank.build(recordings, tmp_path / "bank", embed, "abc")


def test_build_and_load_round_trip(bank, tmp_path):
    again = AmbientBank.load(tmp_path / "bank")
    assert again.clips == bank.clips and again.model_hash == "abc" and len(again) == 3
    clip = again["low-tone"]
    assert (clip.name, clip.kind, clip.file, clip.seconds) == ("low tone", "hum", "clips/low-tone.flac", 4.0)
    assert clip.level_db == pytest.approx(level_db(tone(200, level=0.2)), abs=0.05)
    assert again.waveform("low-tone") == pytest.approx(tone(200, level=0.2), abs=1e-4)
    assert again.low_ambient.id == "high-tone"
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]


def test_describe_gives_author_and_licence(recordings, tmp_path):
    bank = AmbientBank.build(recordings, tmp_path / "b", describe=lambda path: {"author": "Ann", "licence": "CC0-1.0"})
    assert {(clip.author, clip.licence) for clip in bank.clips} == {("Ann", "CC0-1.0")}


def test_retrieval_order(bank):
    matches = bank.retrieve(np.array([0.1, 1.0, 0.5]), 3)
    assert [match.clip.id for match in matches] == ["middle-tone", "high-tone", "low-tone"]
    assert matches[0].score == pytest.approx(1 / np.sqrt(1.26), abs=1e-3)
    for clip in bank.clips:
        assert bank.retrieve(embed(bank.waveform(clip.id)), 1)[0].clip == clip


def test_k_is_bounded_by_the_bank(bank):
    assert len(bank.retrieve(np.ones(3), 100)) == 3 and len(bank.retrieve(np.ones(3), 2)) == 2


@pytest.mark.parametrize("query", [np.ones(4), np.zeros(3), np.array([1, np.nan, 0]), np.ones((2, 3)), np.zeros(0)])
def test_bad_queries(bank, query):
    with pytest.raises(BankError):
        bank.retrieve(query, 1)


def test_another_models_query_is_refused(bank):
    assert bank.retrieve(np.ones(3), 1, model_hash="abc")
    with pytest.raises(BankError, match="another model"):
        bank.retrieve(np.ones(3), 1, model_hash="def")


def test_a_bank_without_embeddings_cannot_be_searched(recordings, tmp_path):
    bank = AmbientBank.build(recordings, tmp_path / "plain")
    assert len(bank.waveform(bank.clips[0].id)) == 4 * RATE and not bank.has_embeddings
    with pytest.raises(BankError, match="bank build"):
        bank.retrieve(np.ones(3), 1)
    renewed = AmbientBank.build(tmp_path / "plain", tmp_path / "plain", embed, "new")  # in place
    assert renewed.retrieve(np.ones(3), 1, "new") and renewed.clips == bank.clips
    with pytest.raises(BankError, match="hash"):
        AmbientBank.build(recordings, tmp_path / "x", embed)


def test_a_recording_is_added_to_a_new_bank(bank, tmp_path):
    more = bank.add(tone(1000, 1.0), "Low tone", np.array([0.0, 2.0, 0.0]))
    assert len(bank) == 3 and len(more) == 4
    own = more.clips[-1]
    assert (own.id, own.kind, own.seconds) == ("low-tone-2", "own", 3.0)
    assert more.retrieve(np.array([0, 1, 0]), 2)[0].score == pytest.approx(1, abs=1e-4)
    assert own in {match.clip for match in more.retrieve(np.array([0, 1, 0]), 2)}
    more.save(tmp_path / "more")
    assert AmbientBank.load(tmp_path / "more").clips == more.clips


@pytest.mark.parametrize(
    "waveform", [np.zeros(10, np.float32), np.full(RATE, np.nan, np.float32), np.zeros((RATE, 2), np.float32)]
)
def test_recordings_that_cannot_be_added(bank, waveform):
    with pytest.raises(BankError, match="Mine"):
        bank.add(waveform, "Mine", np.ones(3))


def test_a_recording_needs_an_embedding_if_the_bank_has_them(bank):
    for embedding in (None, np.ones(5), np.zeros(3)):
        with pytest.raises(BankError):
            bank.add(tone(500), "Mine", embedding)


def test_clips_are_three_to_ten_seconds_long():
    assert [len(fitted(tone(300, seconds), RATE)) / RATE for seconds in (0.5, 3, 7, 30)] == [3, 3, 7, 10]
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert np.std(fitted(noise, RATE)) == pytest.approx(1, abs=0.05)  # a seam of noise keeps its power


def test_equal_and_non_ascii_names_make_valid_ids():
    about = {"kind": "room", "author": "", "licence": ""}
    bank = AmbientBank.of((tone(300), {"name": name, **about}) for name in ("Café", "cafe", "雨", "../../etc"))
    assert [clip.id for clip in bank.clips] == ["cafe", "cafe-2", "clip", "etc"]


def edit(folder, change):
    about = json.loads((folder / "metadata.json").read_text())
    change(about)
    (folder / "metadata.json").write_text(json.dumps(about))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a["clips"][0].update(file="../../secret.flac"), "low-tone|high-tone"),
        (lambda a: a["clips"][0].update(id="../x", file="clips/../x.flac"), "x"),
        (lambda a: a["clips"][0].update(file="/etc/passwd"), "clips/"),
        (lambda a: a["clips"][0].update(sha256="0" * 64), "checksum"),
        (lambda a: a["clips"][0].update(level_db=float("nan")), "level_db"),
        (lambda a: a["clips"][0].update(seconds=1e300), "seconds"),
        (lambda a: a["clips"][0].update(seconds=True), "seconds"),
        (lambda a: a["clips"][0].update(name=7), "name"),
        (lambda a: a["clips"][0].pop("licence"), "licence"),
        (lambda a: a["clips"].append(a["clips"][0]), "same id"),
        (lambda a: a["clips"].append(None), "id"),
        (lambda a: a["clips"].pop(), "index.faiss"),
        (lambda a: a.update(clips=[]), "no clips"),
        (lambda a: a.update(version=99), "version"),
        (lambda a: a.update(embeddings=7), "model"),
        (lambda a: a["embeddings"].update(dimension=-3), "embeddings"),
        (lambda a: a["embeddings"].update(dimension=10**9), "embeddings"),
        (lambda a: a["embeddings"].update(sha256=None), "index.faiss"),
    ],
)
def test_hostile_metadata(bank, tmp_path, change, message):
    edit(tmp_path / "bank", change)
    with pytest.raises(BankError, match=message):
        AmbientBank.load(tmp_path / "bank")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\x00\xff"])
def test_malformed_metadata(bank, tmp_path, text):
    (tmp_path / "bank" / "metadata.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(BankError, match=r"metadata\.json"):
        AmbientBank.load(tmp_path / "bank")


def test_damaged_and_missing_files_are_named(bank, tmp_path):
    file = tmp_path / "bank" / "clips" / "low-tone.flac"
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)
    for use in (lambda: AmbientBank.load(tmp_path / "bank"), lambda: bank.waveform("low-tone")):
        with pytest.raises(BankError, match=r"low-tone\.flac"):
            use()
    file.unlink()
    with pytest.raises(BankError, match=r"low-tone\.flac .*missing"):
        AmbientBank.load(tmp_path / "bank")
    with pytest.raises(BankError, match="not an ambient bank"):
        AmbientBank.load(tmp_path / "nowhere")


def test_a_link_to_the_outside_is_refused(bank, tmp_path):
    file = tmp_path / "bank" / "clips" / "low-tone.flac"
    file.rename(tmp_path / "elsewhere.flac")
    file.symlink_to(tmp_path / "elsewhere.flac")
    with pytest.raises(BankError, match=r"low-tone\.flac"):
        AmbientBank.load(tmp_path / "bank")


def test_an_index_with_a_false_header_is_refused(bank, tmp_path):
    from hashlib import sha256

    index = tmp_path / "bank" / "index.faiss"
    good = index.read_bytes()
    nan = good[:-4] + np.float32(np.nan).tobytes()
    for data in (good[:-1], good + b"x", b"IxHN" + good[4:], good[:8] + b"\xff" * 8 + good[16:], nan, b""):
        index.write_bytes(data)
        digest = sha256(data).hexdigest()
        edit(tmp_path / "bank", lambda about, digest=digest: about["embeddings"].update(sha256=digest))
        with pytest.raises(BankError, match=r"index\.faiss"):
            AmbientBank.load(tmp_path / "bank")


def test_save_replaces_only_banks(bank, tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "song.txt").write_text("mine")
    with pytest.raises(BankError, match="not an ambient bank"):
        bank.save(tmp_path / "music")
    assert (tmp_path / "music" / "song.txt").read_text() == "mine"


def test_a_save_that_fails_leaves_the_old_bank(bank, tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(BankError, match="No space"):
        bank.add(tone(700), "Mine", np.ones(3)).save(tmp_path / "bank")
    assert AmbientBank.load(tmp_path / "bank").clips == bank.clips
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]


def test_a_folder_without_recordings_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "missing"):
        with pytest.raises(BankError, match=folder):
            AmbientBank.build(tmp_path / folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
