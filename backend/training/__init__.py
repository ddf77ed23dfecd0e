"""Training of models from labelled plots. TensorFlow is imported in the worker process only."""
