"""The figures of the paper's tables and those beside them, each a module with its source. They never make a sound."""
