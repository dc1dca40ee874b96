"""Every change to gradio and every use of its internals. Each module states its reason.

The modules were written for gradio 6.31, which the requirements pin to its minor version. `tests/unit/ui/gradio_compat`
has a test for each of them that fails when a later gradio no longer works this way. Nothing else in `a2s.ui` may import
from below `gradio`'s public names.
"""
