"""What a user does on the page. Each function waits for the page's answer."""

from __future__ import annotations

from pathlib import Path


def load_example(tab, number: int = 0) -> None:
    """Click an example and wait for its cues and ambiences."""
    clear_progress(tab)
    tab.click(f"#examples button >> nth={number}")
    wait_for_analysis(tab)


def upload(tab, clip: Path) -> None:
    """Upload a video and wait for its cues and ambiences."""
    if tab.query_selector("#source button[aria-label=Clear]"):
        tab.click("#source button[aria-label=Clear]")
    tab.wait_for_selector("#source input[type=file]", state="attached")
    clear_progress(tab)
    tab.set_input_files("#source input[type=file]", str(clip))
    wait_for_analysis(tab)


def clear_progress(tab) -> None:
    """Remove the text about the previous video, so that the next text is about the next one."""
    tab.wait_for_selector("#progress .stage", state="attached")
    tab.evaluate("document.querySelector('#progress .stage').textContent = ''")


def wait_for_analysis(tab) -> None:
    """Wait until the video was analysed and the page estimates the time of a dub. An error message fails."""
    found = tab.wait_for_function(
        """() => document.querySelector('#progress .stage').innerText.includes('to generate') ? 'analysed'
          : document.querySelector('.toast-body.error')?.innerText"""
    )
    assert found.json_value() == "analysed", found.json_value()
    tab.wait_for_selector("#ambiences .card")


def dub(tab, button: str = "#generate") -> str:
    """Press a generate button and wait for the newest take's video; returns its address."""
    before = tab.evaluate("document.querySelector('#result video')?.src ?? ''")
    tab.click(button)
    tab.wait_for_function(
        """before => {
          const video = document.querySelector('#result video');
          return video && video.src && video.src !== before && document.querySelector('#progress [data-state=done]')
            && !document.querySelector('#generate').disabled;
        }""",
        arg=before,
    )
    return tab.evaluate("document.querySelector('#result video').src")


def begin_long_dub(tab) -> None:
    """Begin a dub that takes half a minute, and wait until the model generates."""
    unfold(tab, "settings")
    set_number(tab, "steps", 100)
    set_number(tab, "takes", 6)
    tab.click("#generate")
    tab.wait_for_function("document.querySelector('#progress').innerText.includes('Generating')")


def download(tab, name: str, folder: Path) -> Path:
    """Click a download button and keep the file under the name that the page gives it."""
    tab.wait_for_selector(f"#get-{name}:not([disabled])")
    with tab.expect_download() as waiting:
        tab.click(f"#get-{name}")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def set_number(tab, control: str, value: float) -> None:
    """Type a number into the field of a slider or a number."""
    field = f"#{control} input[type=number]"
    tab.fill(field, f"{value:g}")
    tab.press(field, "Enter")
    tab.press(field, "Tab")


def choose(tab, control: str, words: str) -> None:
    """Choose an entry of a dropdown by its text."""
    tab.click(f"#{control} input")
    tab.click(f"[role=option]:has-text('{words}')")


def unfold(tab, accordion: str) -> None:
    """Open an accordion if it is closed."""
    button = tab.locator(f"#{accordion} button.label-wrap")
    if "open" not in (button.get_attribute("class") or ""):
        button.click()


def click_tab(tab, name: str) -> None:
    """Open one of the page's tabs: Dub, Compare or Bank."""
    tab.click(f"button[role=tab]:has-text('{name}')")
