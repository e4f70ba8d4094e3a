"""A channel of your own in 40 lines: customers type here, answers are printed. Standard library only.

python webhook_client.py http://127.0.0.1:8000/webhooks/channels/app whsec_... 8100
"""

import base64, hashlib, hmac, json, sys, threading, time, urllib.request, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def signature(secret: str, name: str, at: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{name}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def say(connector: str, secret: str, customer: str, text: str) -> int:
    told = {"type": "message.received", "data": {"customer": {"id": customer}, "text": text}}
    body, name, at = json.dumps(told).encode(), uuid.uuid4().hex, str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": signature(secret, name, at, body),
    }
    with urllib.request.urlopen(urllib.request.Request(connector, body, headers)) as answer:
        return answer.status  # keep `name` and post the same again until it is 2xx


def server(secret: str, port: int, show=print) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        seen: set[str] = set()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            name, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
            wanted = signature(secret, name, at, body)
            known = any(
                hmac.compare_digest(wanted, s) for s in self.headers["webhook-signature"].split()
            )
            fresh = known and abs(time.time() - int(at)) < 300
            if fresh and name not in self.seen:
                self.seen.add(name)
                show(json.loads(body)["data"]["text"])
            self.send_response(200 if fresh else 401)
            self.end_headers()
            self.wfile.write(json.dumps({"id": name} if fresh else {}).encode())

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    url, shared, listens_at = sys.argv[1:]
    threading.Thread(target=server(shared, int(listens_at)).serve_forever, daemon=True).start()
    for line in sys.stdin:
        say(url, shared, "customer-1", line.strip())
