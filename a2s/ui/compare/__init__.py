"""The Compare tab: two sounds of one video, compared openly, blind, or as an ABX test."""
