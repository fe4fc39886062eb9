"""Records what a real SDK sends: a tiny server that keeps every request as files.

    record.py FOLDER -- COMMAND...

starts on a free loopback port, runs COMMAND with SENTRY_DSN pointing at it, answers as an ingest endpoint does and leaves
`01.json` (method, target, headers in order) and `01.body` (the bytes as sent, chunked transfer undone) in FOLDER.
"""

import json
import os
import pathlib
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PUBLIC_KEY = "0123456789abcdef0123456789abcdef"
lock = threading.Lock()
recorded = 0


class Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: pathlib.Path

    def log_message(self, *_):
        pass

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status, body, content_type):
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_OPTIONS(self):
        self.record()

    def do_GET(self):
        self.record()

    def do_POST(self):
        self.record()

    def record(self):
        global recorded
        body = self.read_body()
        with lock:
            recorded += 1
            number = recorded
        request = {"method": self.command, "target": self.path, "headers": self.headers.items()}
        (self.folder / f"{number:02}.json").write_text(json.dumps(request, indent=2) + "\n")
        (self.folder / f"{number:02}.body").write_bytes(body)
        self.answer(200, b'{"id":"00000000000000000000000000000000"}', "application/json")


def main():
    folder, separator, *command = sys.argv[1:]
    assert separator == "--" and command, __doc__
    Recorder.folder = pathlib.Path(folder)
    Recorder.folder.mkdir(parents=True, exist_ok=True)
    for old in Recorder.folder.glob("[0-9][0-9].*"):
        old.unlink()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    environment = os.environ | {
        "SENTRY_DSN": f"http://{PUBLIC_KEY}@{address}/1",
        "RECORDER": address,
    }
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, timeout=120)
    (Recorder.folder / "sent.json").write_bytes(result.stdout)
    server.shutdown()
    print(f"{folder}: {recorded} requests")
    sys.exit(result.returncode)


main()
