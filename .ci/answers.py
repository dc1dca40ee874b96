"""Exit code 0 when the page answers on GRADIO_SERVER_PORT."""

import os
import urllib.request

urllib.request.urlopen(f"http://127.0.0.1:{os.environ['GRADIO_SERVER_PORT']}/", timeout=5).read(1)
