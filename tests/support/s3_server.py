"""An S3 server for tests, one bucket in memory. It computes every request's signature anew with botocore's
signer and the secret that it knows, and answers 403 when another one came. Prints its port.

    s3_server.py ACCESS_KEY SECRET_KEY BUCKET [CERTIFICATE KEY]

With a certificate it speaks TLS only. For the tests: what lies below slow/ is never answered; GET /stats tells what was asked for."""

import hashlib
import http.server
import json
import re
import ssl
import sys
import threading
import urllib.parse

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS, SECRET, BUCKET = sys.argv[1:4]
TLS = sys.argv[4:6]
objects, stats, lock = {}, {"requests": 0, "connections": 0, "refused": 0, "broken": 0}, threading.Lock()
never = threading.Event()


def expected_signature(method, url, headers, signed, region, timestamp):
    """What a client with our secret would have sent."""
    request = AWSRequest(method=method, url=url, headers={name: headers[name] for name in signed.split(";")})
    request.context["timestamp"] = timestamp
    auth = S3SigV4Auth(Credentials(ACCESS, SECRET), "s3", region)
    canonical = "\n".join([method, urllib.parse.urlsplit(url).path, "",
                           *(f"{name}:{' '.join(headers[name].split())}" for name in signed.split(";")), "", signed,
                           headers["x-amz-content-sha256"]])
    return auth.signature(auth.string_to_sign(request, canonical), request)


class handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        with lock:
            stats["connections"] += 1

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code):
        with lock:
            stats["refused"] += 1
        self.answer(status, f"<Error><Code>{code}</Code></Error>".encode())

    def problem(self, body):
        headers = {name.lower(): value for name, value in self.headers.items()}
        match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+(?:/[^/,]+)??)/(\d{8})/([\w-]+)/s3/aws4_request, "
                             r"SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})", headers.get("authorization", ""))
        if not match:
            return 403, "AccessDenied"
        if "x-amz-content-sha256" not in headers:
            return 400, "MissingContentSHA256"
        access, _, region, signed, signature = match.groups()
        if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed.split(";")):
            return 403, "UnsignedHeaders"
        wanted = expected_signature(self.command, f"http://{headers['host']}{self.path}", headers, signed, region,
                                    headers["x-amz-date"])
        if access != ACCESS or signature != wanted:
            return 403, "SignatureDoesNotMatch"
        if hashlib.sha256(body).hexdigest() != headers["x-amz-content-sha256"]:
            return 400, "XAmzContentSHA256Mismatch"
        return None

    def serve(self):
        if self.path == "/stats":
            return self.answer(200, json.dumps({**stats, "objects": sorted(objects)}).encode())
        with lock:
            stats["requests"] += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "/slow/" in self.path:
            never.wait()
        if problem := self.problem(body):
            return self.refuse(*problem)
        bucket, _, key = self.path.lstrip("/").partition("/")
        if bucket != BUCKET:
            return self.refuse(404, "NoSuchBucket")
        if self.command == "PUT":
            objects[key] = body
            return self.answer(200, ETag='"x"')
        if self.command == "DELETE":
            objects.pop(key, None)
            return self.answer(204)
        if key not in objects:
            return self.refuse(404, "NoSuchKey")
        whole = objects[key]
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        if not asked:
            return self.answer(200, whole)
        begin, end = int(asked[1]), int(asked[2])
        if begin >= len(whole):
            return self.refuse(416, "InvalidRange")
        return self.answer(206, whole[begin:end + 1])

    do_GET = do_PUT = do_DELETE = serve


class server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        if TLS:  # the handshake is the connection's own thread's affair
            connection = tls_context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, *_):
        with lock:
            stats["broken"] += 1  # a handshake that the client broke off, mostly


if __name__ == "__main__":
    if TLS:
        tls_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls_context.load_cert_chain(*TLS)
    listening = server(("127.0.0.1", 0), handler)
    print(listening.server_address[1], flush=True)
    listening.serve_forever()
