"""Measurements on this machine: `runner` seconds and memory of dubs, `page` the page, `soak` the page under load."""
