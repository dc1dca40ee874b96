"""The theme: system fonts, one accent colour, light and dark."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.themes.utils.colors import Color

STYLE = Path(__file__).with_name("studio.css")

TEAL = Color(
    name="a2s-teal", c50="#eefaf8", c100="#d3f1ed", c200="#a9e3dc", c300="#76cec5", c400="#41b3a9", c500="#23978e",
    c600="#1a7a74", c700="#19625e", c800="#194e4c", c900="#194140", c950="#082526",
)  # fmt: skip

GRAPHITE = Color(
    name="a2s-graphite", c50="#f7f7f6", c100="#efefed", c200="#e0e0dd", c300="#c6c7c5", c400="#9a9c9d", c500="#71757a",
    c600="#53575d", c700="#3b3f45", c800="#26292e", c900="#1b1d21", c950="#131518",
)  # fmt: skip


def studio_theme() -> gr.themes.Base:
    """The theme for `launch`. It has no web fonts, so that the page contacts only its own server."""
    theme = gr.themes.Base(
        primary_hue=TEAL, secondary_hue=TEAL, neutral_hue=GRAPHITE, radius_size="md",
        font=[gr.themes.Font(name) for name in ("ui-sans-serif", "system-ui", "sans-serif")],
        font_mono=[gr.themes.Font(name) for name in ("ui-monospace", "DejaVu Sans Mono", "monospace")],
    )  # fmt: skip
    return theme.set(
        body_background_fill="*neutral_100",
        body_background_fill_dark="*neutral_950",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary_dark="*neutral_950",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_800",
        border_color_primary_dark="*neutral_800",
        block_label_background_fill="white",
        block_label_background_fill_dark="*neutral_900",
        block_label_border_width="0px",
        block_label_text_color="*neutral_500",
        block_title_text_weight="500",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_500",
        button_primary_background_fill_hover_dark="*primary_400",
        button_primary_text_color="white",
        button_primary_text_color_dark="*neutral_950",
        button_large_text_weight="600",
        slider_color="*primary_500",
        color_accent="*primary_500",
    )
