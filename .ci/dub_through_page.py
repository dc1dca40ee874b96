"""Dub one clip through the endpoint `/dub` of the page. The sound must have the length of the picture within 10 ms."""

import os
import sys
import time

import av
import soundfile
from gradio_client import Client, handle_file


def seconds(container, stream) -> float:
    return float(sum(packet.duration or 0 for packet in container.demux(stream)) * stream.time_base)


clip = sys.argv[1]
client = Client(f"http://127.0.0.1:{os.environ['GRADIO_SERVER_PORT']}", verbose=False)
began = time.monotonic()
mp4, wav, report = client.predict(handle_file(clip), ambient=0.4, seed=1, api_name="/dub")
took = f"{time.monotonic() - began:.1f} s"
with av.open(mp4) as dubbed:
    picture = seconds(dubbed, dubbed.streams.video[0])
sound = soundfile.info(wav).duration
assert abs(picture - sound) <= 0.010, f"picture {picture:.3f} s, sound {sound:.3f} s"
level = abs(soundfile.read(wav)[0]).max()
assert level > 1e-3, f"the sound is silent, peak {level:.1e}"
assert report["seed"] == 1
print(f"dubbed {os.path.basename(clip)}: picture {picture:.3f} s, sound {sound:.3f} s, peak {level:.2f}, in {took}")
