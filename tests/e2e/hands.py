"""What a person's hands do on the page, each waiting for what the page answers."""

from __future__ import annotations

from pathlib import Path


def load_example(tab, number: int = 0) -> None:
    """Click an example and wait for its cues and ambiences."""
    unsay(tab)
    tab.click(f"#examples button >> nth={number}")
    watched(tab)


def upload(tab, clip: Path) -> None:
    """Hand a video in and wait for its cues and ambiences."""
    if tab.query_selector("#source button[aria-label=Clear]"):
        tab.click("#source button[aria-label=Clear]")
    tab.wait_for_selector("#source input[type=file]", state="attached")
    unsay(tab)
    tab.set_input_files("#source input[type=file]", str(clip))
    watched(tab)


def unsay(tab) -> None:
    """Take off what the page said of the picture before, so that what is read next is said of the next one."""
    tab.wait_for_selector("#progress .stage", state="attached")
    tab.evaluate("document.querySelector('#progress .stage').textContent = ''")


def watched(tab) -> None:
    """Wait until the picture was watched and the page says how long a dub would take. A refusal fails."""
    told = tab.wait_for_function(
        """() => document.querySelector('#progress .stage').innerText.includes('to generate') ? 'watched'
          : document.querySelector('.toast-body.error')?.innerText"""
    )
    assert told.json_value() == "watched", told.json_value()
    tab.wait_for_selector("#ambiences .card")


def dub(tab, button: str = "#generate") -> str:
    """Press Dub and wait for the newest take's video; returns its address."""
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


def download(tab, name: str, folder: Path) -> Path:
    """Click a download button and keep the file under the name it is offered with."""
    tab.wait_for_selector(f"#get-{name}:not([disabled])")
    with tab.expect_download() as waiting:
        tab.click(f"#get-{name}")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def set_number(tab, control: str, value: float) -> None:
    """Type a number into a slider's or a number's field."""
    field = f"#{control} input[type=number]"
    tab.fill(field, f"{value:g}")
    tab.press(field, "Enter")
    tab.press(field, "Tab")


def choose(tab, control: str, words: str) -> None:
    """Pick an entry of a dropdown by what is read."""
    tab.click(f"#{control} input")
    tab.click(f"[role=option]:has-text('{words}')")


def unfold(tab, accordion: str) -> None:
    """Open an accordion that is closed."""
    button = tab.locator(f"#{accordion} button.label-wrap")
    if "open" not in (button.get_attribute("class") or ""):
        button.click()
