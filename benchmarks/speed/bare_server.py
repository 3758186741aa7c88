"""A bare HTTP server that answers every POST alike: what boto3 itself costs is measured against it. Run as a module, it
prints its port.
"""

from __future__ import annotations

import http.server
from typing import Any


class Constant(http.server.BaseHTTPRequestHandler):
    """Answers over kept-alive connections."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Read the body and answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", "8")
        self.end_headers()
        self.wfile.write(b"constant")
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Constant)
    print(server.server_port, flush=True)
    server.serve_forever()
