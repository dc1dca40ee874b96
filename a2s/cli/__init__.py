"""The command line `a2s`: one file for each group of commands, `main` puts them together."""
