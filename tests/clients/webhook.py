"""Receives webhooks, and checks them with the function of document 000 and with the library of Standard Webhooks."""

import json
import pathlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import standardwebhooks

document = {}
exec(compile(pathlib.Path("example.py").read_text(encoding="utf-8"), "example.py", "exec"), document)
verify_webhook = document["verify_webhook"]

secret = None
known = threading.Event()


def is_standard(body, headers):
    try:
        standardwebhooks.Webhook(secret).verify(body, headers)
        return True
    except standardwebhooks.WebhookVerificationError:
        return False


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        known.wait()
        headers = {name.lower(): value for name, value in self.headers.items()}
        signature = headers["x-webhook-signature"]
        self.send_response(204)
        self.end_headers()
        seen = {
            "content_type": headers.get("content-type"),
            "body": json.loads(body),
            "verified": verify_webhook(body, signature, secret),
            "verified_if_changed": verify_webhook(body + " ", signature, secret),
            "verified_with_another_secret": verify_webhook(body, signature, secret + "x"),
            "standard": is_standard(body, headers),
            "standard_if_changed": is_standard(body + " ", headers),
            "standard_with_another_id": is_standard(body, {**headers, "webhook-id": "evt_another"}),
        }
        print(json.dumps(seen), flush=True)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}/hooks"}), flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
secret = json.loads(sys.stdin.readline())["secret"]
known.set()
# Until the test says that it has seen enough.
sys.stdin.readline()
server.shutdown()
