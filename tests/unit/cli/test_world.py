"""`a2s world label-recordings` writes a table, or one line about a missing manifest."""

from __future__ import annotations

import numpy as np
import soundfile

from a2s.cli.main import main


def test_a_table_of_labels_is_written(tmp_path):
    (tmp_path / "kenney" / "impactsounds__footstep_wood_000.ogg").parent.mkdir(parents=True)
    click = np.exp(-np.arange(4_800) / 400) * np.random.default_rng(0).standard_normal(4_800) * 0.1
    soundfile.write(tmp_path / "kenney" / "impactsounds__footstep_wood_000.ogg", click, 48_000)
    rows = "source,file,licence,author\nkenney,impactsounds__footstep_wood_000.ogg,CC0,Kenney\n"
    (tmp_path / "manifest.csv").write_text(rows)
    assert main(["world", "label-recordings", str(tmp_path), "-o", str(tmp_path / "labels.csv")]) == 0
    header, row = (tmp_path / "labels.csv").read_text("utf-8").splitlines()
    assert "material" in header and "impactsounds__footstep_wood_000.ogg" in row and ",wood," in row


def test_a_folder_without_a_manifest_is_refused(tmp_path, capsys):
    assert main(["world", "label-recordings", str(tmp_path), "-o", str(tmp_path / "labels.csv")]) == 2
    error = capsys.readouterr().err
    assert "manifest.csv" in error and error.count("\n") == 1 and not (tmp_path / "labels.csv").exists()
