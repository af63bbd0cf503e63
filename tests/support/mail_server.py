"""An SMTP server for tests, with STARTTLS and AUTH: it keeps what it takes, and wakes whoever waits for it."""

import asyncio
import email
import email.policy
import os
import socket
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP

SECRET = "smtp secret"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class taken:
    """What an SMTP server got, and how it answers."""

    def __init__(self):
        self.mails, self.logins, self.refused, self.is_tls = [], [], 0, []
        self.news = asyncio.Condition()
        self.loop = asyncio.get_event_loop()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("refused"):
            self.refused += 1
            self._tell()
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        self.is_tls.append(session.ssl is not None)
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        self._tell()
        return "250 taken"

    def login(self, _server, _session, _envelope, mechanism, data):
        is_good = mechanism in ("LOGIN", "PLAIN") and data.login == b"sluice" and data.password == SECRET.encode()
        self.logins.append(is_good)
        self._tell()
        return AuthResult(success=is_good, handled=is_good or None) if is_good else AuthResult(success=False, handled=False)

    def _tell(self):
        async def notify():
            async with self.news:
                self.news.notify_all()
        asyncio.run_coroutine_threadsafe(notify(), self.loop)

    async def until(self, condition, timeout=20):
        async def wait():
            async with self.news:
                await self.news.wait_for(lambda: condition(self))
        await asyncio.wait_for(wait(), timeout)

    def message(self, number):
        _, _, content = self.mails[number]
        return email.message_from_bytes(content, policy=email.policy.default)


class smtp_server(Controller):
    """On a thread of its own, with STARTTLS and AUTH demanded."""

    def __init__(self, got, folder, port):
        self.got = got
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(os.path.join(folder, "server.crt"), os.path.join(folder, "server.key"))
        super().__init__(got, hostname="127.0.0.1", port=port)

    def factory(self):
        return SMTP(self.got, hostname="localhost", tls_context=self.tls, require_starttls=True, auth_required=True,
                    auth_require_tls=True, authenticator=self.got.login)
