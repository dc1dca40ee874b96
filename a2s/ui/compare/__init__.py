"""The Compare tab: two sounds under one picture on one clock, openly, blind, or as ABX."""
