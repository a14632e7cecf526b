"""One batch of a job, in parts: holding the lease, freezing the rows, asking the model, placing results.

`run_batch` alone puts them together. The control thread does everything that touches the store; asking
happens on the event loop, calls to Sheets in a thread of their own, so that neither delays a commit.
"""
