"""Where webhooks arrive: an HTTP server of the test's own that keeps what it gets."""

import asyncio

from aiohttp import web


class silent_server:
    """Takes connections and what comes over them, and says nothing. `taken`: how many."""

    def __init__(self, port=0):
        self.port, self.taken, self.news = port, 0, asyncio.Condition()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.take, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def take(self, reader, writer):
        async with self.news:
            self.taken += 1
            self.news.notify_all()
        while await reader.read(65536):
            pass
        writer.close()

    async def wait_for(self, count, timeout=20):
        async def enough():
            async with self.news:
                await self.news.wait_for(lambda: self.taken >= count)
        await asyncio.wait_for(enough(), timeout)


class receiver:
    """An HTTP server of the test's own. `statuses` are answered in turn, then 200."""

    def __init__(self, *statuses, headers=None):
        self.statuses, self.headers = list(statuses), headers or {}
        self.got = []
        self.news = asyncio.Condition()

    async def __aenter__(self):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.take)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        return self

    async def __aexit__(self, *_):
        await self.runner.cleanup()

    async def take(self, request):
        body = await request.read()
        async with self.news:
            self.got.append((request.path, dict(request.headers), body))
            self.news.notify_all()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200, headers=self.headers)

    async def wait_for(self, count, timeout=20):
        async def enough():
            async with self.news:
                await self.news.wait_for(lambda: len(self.got) >= count)
        await asyncio.wait_for(enough(), timeout)
        return self.got[count - 1]
