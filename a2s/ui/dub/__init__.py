"""The Dub tab: load a video, edit its cues, choose an ambience, generate takes, download files."""
