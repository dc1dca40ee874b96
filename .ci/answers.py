"""Exit with 0 if the page answers on port GRADIO_SERVER_PORT."""

import os
import urllib.request

urllib.request.urlopen(f"http://127.0.0.1:{os.environ['GRADIO_SERVER_PORT']}/", timeout=5).read(1)
