from __future__ import annotations

import stat
import struct
import zipfile

import pytest

from a2s.ambient.archive import unpack
from a2s.errors import BankError, TooLarge
from a2s.settings import Limits


def zipped(path, **files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def written(path, entry, data=b"x"):
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(entry, data)
    return path


def test_only_known_files_are_extracted_in_their_subfolders(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"rain/roof.wav": b"1", "read.me": b"2", ".hidden.wav": b"3", "city.wav": b"4"})
    found = unpack(path, tmp_path / "out", {".wav"})
    assert [file.relative_to(tmp_path / "out").as_posix() for file in found] == ["rain/roof.wav", "city.wav"]
    assert [file.read_bytes() for file in found] == [b"1", b"4"]


@pytest.mark.parametrize("name", ["../evil.wav", "a/../../evil.wav", "/etc/evil.wav", "C:evil.wav", "..\\evil.wav"])
def test_paths_that_leave_the_folder_are_refused(tmp_path, name):
    path = written(tmp_path / "a.zip", zipfile.ZipInfo(name))
    with pytest.raises(BankError, match="leaves its folder"):
        unpack(path, tmp_path / "out" / "deep", {".wav"})
    assert not list(tmp_path.rglob("evil.wav")) and not (tmp_path / "out").exists()


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("link.wav")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(BankError, match="link"):
        unpack(written(tmp_path / "a.zip", link, b"/etc/passwd"), tmp_path / "out", {".wav"})


def test_a_zip_bomb_is_stopped_and_leaves_nothing(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"bomb.wav": bytes(64 * 2**20)})
    assert path.stat().st_size < 100_000
    with pytest.raises(BankError, match="compression ratio"):
        unpack(path, tmp_path / "out", {".wav"})
    assert not (tmp_path / "out").exists()


def test_a_false_size_in_the_header_is_detected(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"long.wav": bytes(range(256)) * 100})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    path.write_bytes(data)
    with pytest.raises((TooLarge, BankError)):
        unpack(path, tmp_path / "out", {".wav"}, Limits(max_zip_file_bytes=1000))
    assert not (tmp_path / "out").exists()


def test_too_many_bytes_in_all_are_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", **{f"{n}.wav": bytes(range(256)) * 4 for n in range(2)})
    with pytest.raises(TooLarge):
        unpack(path, tmp_path / "out", {".wav"}, Limits(max_zip_bytes=1500))
    assert not (tmp_path / "out").exists()


def test_too_many_files_are_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", a=b"", b=b"", c=b"")
    with pytest.raises(TooLarge, match="3 files"):
        unpack(path, tmp_path / "out", {".wav"}, Limits(max_zip_files=2))


def test_too_high_a_compression_ratio_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"a.wav": bytes(3 * 2**20)})
    with pytest.raises(BankError, match="compression ratio"):
        unpack(path, tmp_path / "out", {".wav"})
    assert unpack(path, tmp_path / "out", {".wav"}, Limits(max_zip_ratio=5000))


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x03\x04" + bytes(100), b"PK\x05\x06" + bytes(17)])
def test_other_files_give_a_one_line_error(tmp_path, data):
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(BankError):
        unpack(path, tmp_path / "out", {".wav"})


def test_a_damaged_entry_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"a.wav": bytes(range(256)) * 50})
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)
    with pytest.raises(BankError, match="damaged"):
        unpack(path, tmp_path / "out", {".wav"})
    assert not (tmp_path / "out").exists()


def test_an_encrypted_zip_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", **{"a.wav": b"1234"})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    data[6] |= 1
    path.write_bytes(data)
    with pytest.raises(BankError, match="encrypted"):
        unpack(path, tmp_path / "out", {".wav"})
