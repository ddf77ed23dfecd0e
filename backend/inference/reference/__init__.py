"""The reference engine: networks in a worker process of their own, for what OpenVINO cannot run and for exact maps.

`supervisor` owns the process and sees that no plot is lost when it dies, `worker` is what runs inside, `wire` what goes
between them, `model` a model as everybody else sees it. Nothing here knows TensorFlow: what opens a network inside the
worker is handed in, see `backend.training.reference_network`.
"""
