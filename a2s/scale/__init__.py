"""Work over many videos, as Ray Data pipelines: curation of long videos, embeddings with their index, dubs, shards.

engine: runs items of work on workers. store: what is finished, so that a run resumes. curate, embed, dub, shards: the
work. index: search over the embeddings. Importing this package loads neither Ray nor torch.
"""
