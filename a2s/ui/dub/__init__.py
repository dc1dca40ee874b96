"""The Dub tab: a picture in, its cues and its place chosen, takes made, files taken away. A module per corner of it."""
