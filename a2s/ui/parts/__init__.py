"""Components that gradio does not have."""
