"""Pieces of the page that gradio has no component for: a class, a template, a style and a script each."""
