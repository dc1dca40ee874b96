"""Evaluation of a model: objective metrics on test worlds and on real clips, and a report.

runner        one evaluation: suites, cached results, report
plan          what all experiments of an evaluation share, and the digests of their inputs
experiments   the rows of the tables: which audio is scored, and how it is generated
suites/       tables, sweeps, coding, ambience, retrieval, faiss_scale, real_clips
metrics/      one module per metric; see its docstring for how to add one
embeddings/   audio embeddings for Frechet distances and similarities
judges/       small classifiers that score audio, and their training
expectations  comparisons that the paper predicts
report        report.md and report.json; figures: plots
"""
