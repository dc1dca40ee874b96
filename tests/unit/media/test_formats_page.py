"""docs/formats.md says what the code does."""

from __future__ import annotations

import av
import pytest

from a2s.media.containers import CONTAINERS
from a2s.media.source import PICTURE_NAMES
from tests.unit.media.format_matrix import PAGE, markdown, page_tables


def test_the_tables_of_the_page_are_those_of_the_code(tmp_path):
    """`python -m tests.unit.media.format_matrix` writes them."""
    assert page_tables() == markdown(tmp_path)


def test_the_page_lists_the_containers_that_are_read():
    assert PICTURE_NAMES in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("target", CONTAINERS.values(), ids=CONTAINERS)
def test_the_writer_takes_every_codec_of_the_tables(target, tmp_path):
    for codec in sorted(target.sounds | target.subtitles):
        with av.open(str(tmp_path / "out"), "w", format=target.format) as out:
            out.add_mux_stream(codec)  # raises ValueError for a codec that the container cannot hold
