"""The job worker's gRPC interface for tests, made from proto/ by protoc alone: nothing of ours in between."""

import os
import subprocess

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from .suite import ROOT

FILES = ("system_c/job_worker.proto", "grpc/health/v1/health.proto", "grpc/reflection/v1alpha/reflection.proto")


class interface:
    def __init__(self, folder):
        path = os.path.join(folder, "job_worker.binpb")
        proto = os.path.join(ROOT, "proto")
        subprocess.run(["protoc", "-I", proto, "--include_imports", f"--descriptor_set_out={path}", *FILES], check=True)
        with open(path, "rb") as file:
            self.files = descriptor_pb2.FileDescriptorSet.FromString(file.read())
        pool = descriptor_pool.DescriptorPool()
        for each in self.files.file:
            pool.Add(each)
        self.pool, self.factory = pool, message_factory.MessageFactory(pool)

    def message(self, name, **fields):
        return self.factory.GetPrototype(self.pool.FindMessageTypeByName(name))(**fields)

    def method(self, channel, service, name):
        """What a generated stub does: the method of this channel, by its shape."""
        found = self.pool.FindServiceByName(service).FindMethodByName(name)
        text = descriptor_pb2.MethodDescriptorProto()
        found.CopyToProto(text)
        shape = {(False, False): channel.unary_unary, (True, False): channel.stream_unary,
                 (False, True): channel.unary_stream, (True, True): channel.stream_stream}
        answer = self.factory.GetPrototype(found.output_type)
        return shape[text.client_streaming, text.server_streaming](
            f"/{service}/{name}", request_serializer=lambda m: m.SerializeToString(),
            response_deserializer=answer.FromString)


def credentials(folder, ca="ca.crt", certificate="client"):
    def read(name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()
    if certificate is None:
        return grpc.ssl_channel_credentials(read(ca))
    return grpc.ssl_channel_credentials(read(ca), read(f"{certificate}.key"), read(f"{certificate}.crt"))


class worker:
    """`async with worker(kinds, address, credentials, "alice-token") as alice: await alice.execute("echo hi")`"""

    def __init__(self, kinds, address, channel_credentials, token=None, options=()):
        self.kinds, self.address, self.credentials, self.options = kinds, address, channel_credentials, list(options)
        self.metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self.channel = None

    async def __aenter__(self):
        self.channel = grpc.aio.secure_channel(self.address, self.credentials, options=self.options)
        return self

    async def __aexit__(self, *_):
        await self.channel.close(None)

    def call(self, service, name, request, timeout=20, metadata=None):
        method = self.kinds.method(self.channel, service, name)
        return method(request, timeout=timeout, metadata=self.metadata if metadata is None else metadata)

    def login(self, username, password):
        return self.call("AuthService", "Login", self.kinds.message("LoginRequest", username=username, password=password))

    def execute(self, command, **more):
        return self.call("JobScheduleService", "ExecuteJob", self.kinds.message("JobRequest", command=command), **more)

    def execute_many(self, commands, **more):
        """`commands`: a list, or an asynchronous generator of requests."""
        requests = (self.kinds.message("JobRequest", command=each) for each in commands) \
            if isinstance(commands, list) else commands
        return self.call("JobScheduleService", "ExecuteJobs", requests, **more)

    def search(self, correlation_id, **more):
        return self.call("JobQueryService", "SearchJob",
                         self.kinds.message("SearchJobRequest", correlation_id=correlation_id), **more)

    async def followed(self, correlation_id):
        """({index: output}, {index: result}) of a batch, once it has ended."""
        output, results = {}, {}
        async for each in self.search(correlation_id, timeout=50):
            assert each.correlation_id == correlation_id and each.executed_at.seconds > 0
            if each.result:
                assert each.command_index not in results, "a second result"
                results[each.command_index] = each.result
            else:
                assert each.command_index not in results, "output after the result"
                output[each.command_index] = output.get(each.command_index, "") + each.log_output
        return output, results
