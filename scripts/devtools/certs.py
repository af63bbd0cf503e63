"""./dev certs: a certificate authority of one's own, a server's and a client's certificate for the gRPC
listener. Run again it makes new leaves under the same CA, which a running service takes up by itself."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CA_DAYS, LEAF_DAYS = 3650, 30
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


class failure(Exception):
    """For the person at the keyboard."""


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise failure(f"openssl {words[0]} failed:\n{done.stderr.strip()}")


def make_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)


def make_ca(folder, days=CA_DAYS):
    """ca.key and ca.crt, unless they are there: whoever trusts the CA goes on trusting what it signs."""
    key, certificate = os.path.join(folder, "ca.key"), os.path.join(folder, "ca.crt")
    if os.path.exists(key) != os.path.exists(certificate):
        raise failure(f"{folder} has only one of ca.key and ca.crt; bring the other back, or remove both")
    if os.path.exists(key):
        return False
    with tempfile.TemporaryDirectory(dir=folder) as work:
        new_key, new_certificate = os.path.join(work, "key"), os.path.join(work, "crt")
        make_key(new_key)
        openssl("req", "-x509", "-new", "-sha256", "-key", new_key, "-days", str(days), "-subj", "/O=Sluice/CN=Sluice CA",
                "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", new_certificate)
        os.replace(new_key, key)
        os.replace(new_certificate, certificate)
    return True


def make_leaf(folder, file_name, common_name, usage, names=(), days=LEAF_DAYS):
    """file_name.key and .crt, new ones; each file is replaced at once, so that nobody reads half of it."""
    if not NAME.fullmatch(common_name):
        raise failure(f"'{common_name}' is no name for a certificate: letters, digits and . _ @ - are")
    with tempfile.TemporaryDirectory(dir=folder) as work:
        path = {end: os.path.join(work, end) for end in ("key", "csr", "crt", "ext")}
        make_key(path["key"])
        openssl("req", "-new", "-sha256", "-key", path["key"], "-subj", f"/O=Sluice/CN={common_name}", "-out", path["csr"])
        lines = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature", f"extendedKeyUsage={usage}"]
        if names:
            lines.append("subjectAltName=" + ",".join(names))
        with open(path["ext"], "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        # A random serial number: nothing about earlier ones has to be kept.
        openssl("x509", "-req", "-sha256", "-in", path["csr"], "-CA", os.path.join(folder, "ca.crt"),
                "-CAkey", os.path.join(folder, "ca.key"), "-set_serial", "0x01" + os.urandom(15).hex(),
                "-days", str(days), "-extfile", path["ext"], "-out", path["crt"])
        openssl("verify", "-CAfile", os.path.join(folder, "ca.crt"), path["crt"])
        for end in ("key", "crt"):
            os.replace(path[end], os.path.join(folder, f"{file_name}.{end}"))


def alternative(host):
    is_address = re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*", host)
    return ("IP:" if is_address else "DNS:") + host


def make_all(folder, hosts=(), client="demo", days=LEAF_DAYS):
    """The whole set; returns whether the CA is new."""
    before = os.umask(0o077)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        is_new = make_ca(folder)
        names = [alternative(host) for host in dict.fromkeys(["localhost", "127.0.0.1", "::1", *hosts])]
        make_leaf(folder, "server", "sluice", "serverAuth", names, days)
        make_leaf(folder, "client", client, "clientAuth", (), days)
        return is_new
    finally:
        os.umask(before)


def hand_over(folder):
    """After sudo the files belong to the person."""
    if os.environ.get("SUDO_UID") and os.geteuid() == 0:
        for path in [folder, *(os.path.join(folder, name) for name in os.listdir(folder))]:
            shutil.chown(path, int(os.environ["SUDO_UID"]), int(os.environ.get("SUDO_GID", os.environ["SUDO_UID"])))


def main():
    parser = argparse.ArgumentParser(prog="./dev certs", description="CA, server and client certificates for gRPC")
    parser.add_argument("--out", default=os.path.join(ROOT, ".dev", "certs"), help="folder of the files (.dev/certs)")
    parser.add_argument("--host", action="append", default=[], help="a further name or address of the server")
    parser.add_argument("--client", default="demo", help="common name of the client: its user id, with grpc.bind_users")
    parser.add_argument("--days", type=int, default=LEAF_DAYS, help="how long the two leaves are good")
    options = parser.parse_args()
    folder = os.path.abspath(options.out)
    try:
        is_new = make_all(folder, options.host, options.client, options.days)
        hand_over(folder)
    except (failure, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{folder}: {'a new CA, ' if is_new else ''}new server.crt and client.crt, good for {options.days} days")
    return 0


if __name__ == "__main__":
    sys.exit(main())
