"""The application: composition root, command line, presenters. The only package that knows all others."""

import os

# Before anything imports numpy: its BLAS would spin up a thread per core for matrices of a few hundred numbers,
# which takes the second core away from the engine. Parallel work here is by plot.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
