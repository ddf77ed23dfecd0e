"""Send plots to Hydra: python producer.py tcp://HOST:PORT RUN PLOT_TYPE FILE..."""

import json
import sys
import time
from pathlib import Path

import zmq

address, run, plot_type, *files = sys.argv[1:]
socket = zmq.Context().socket(zmq.DEALER)
socket.immediate, socket.linger, socket.sndtimeo, socket.rcvtimeo = True, 0, 10_000, 10_000
socket.connect(address)
for file in map(Path, files):
    header = {"hydra_feed": 1, "kind": "plot", "id": str(time.time_ns()), "sender": "example"}
    header |= {"plot_type": plot_type, "run": int(run), "taken_us": file.stat().st_mtime_ns // 1000}
    answer = {"id": None, "kind": None}
    while answer["kind"] != "acknowledged":
        try:
            socket.send_multipart([json.dumps(header).encode(), file.read_bytes()])
            while answer["id"] != header["id"]:
                answer = json.loads(socket.recv())
        except zmq.Again:
            continue  # no answer: send it again, the same plot twice is one plot
        if answer["kind"] == "refused":
            if not answer["retry"]:
                sys.exit(f"{file}: {answer['reason']}: {answer['message']}")
            time.sleep(1)
            answer = {"id": None, "kind": None}
    print(f"{file}: stored")
