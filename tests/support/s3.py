"""Starts s3_server.py as a process of its own; see there. With `tls`, a folder made by scripts/devtools/certs.py, it
serves TLS with server.crt."""

import json
import os
import ssl
import subprocess
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
BUCKET = "programs"


class s3:
    """`with s3() as storage:`"""

    def __init__(self, access="test:uploads", secret="a secret/with+signs", tls=None):
        self.access, self.secret, self.tls = access, secret, tls

    def __enter__(self):
        self.process = subprocess.Popen(["/usr/bin/python3", os.path.join(HERE, "s3_server.py"), self.access, self.secret, BUCKET,
                                         *([os.path.join(self.tls, name) for name in ("server.crt", "server.key")] if self.tls else [])],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.end()
        self.process.stdout.close()

    def end(self):
        self.process.kill()
        self.process.wait()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def settings(self, **more):
        return {"SLUICE__UPLOADS__STORAGE": "s3", "SLUICE__UPLOADS__S3__ENDPOINT": self.url,
                "SLUICE__UPLOADS__S3__BUCKET": BUCKET, "SLUICE__UPLOADS__S3__ACCESS_KEY": self.access,
                "SLUICE__UPLOADS__S3__SECRET_KEY": self.secret, "SLUICE__UPLOADS__S3__TIMEOUT": "2s",
                "SLUICE__UPLOADS__S3__CONNECT_TIMEOUT": "1s", **more}

    def stats(self):
        anyone = ssl._create_unverified_context()  # pylint: disable=protected-access
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=anyone))
        with opener.open(f"{self.url}/stats", timeout=10) as answer:
            return json.load(answer)
