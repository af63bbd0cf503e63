// What a program reaches without a network and with loopback: a listening server of this test on
// the host's own 127.0.0.1 is what must not be reached.
#include "host_state.hpp"
#include "jail_fixture.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::sandbox::test {

namespace {

class host_server {
public:
    host_server() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(fd_, generic, size) == 0);
        REQUIRE(::listen(fd_, 4) == 0);
        REQUIRE(::getsockname(fd_, generic, &size) == 0);
        port_ = ntohs(address.sin_port);
    }
    ~host_server() { ::close(fd_); }
    host_server(const host_server&) = delete;
    host_server& operator=(const host_server&) = delete;
    std::string port() const { return std::to_string(port_); }

private:
    int fd_;
    unsigned port_ = 0;
};

std::string output_of(jail& j, network_reach reach, std::string code) {
    run_request request = python(std::move(code));
    request.network = reach;
    const auto outcome = j.run(std::move(request));
    if (outcome.has_error()) FAIL(describe(outcome.error()));
    INFO(outcome->err);
    CHECK(outcome->exit_code == 0);
    return outcome->out;
}

constexpr const char* tries = R"(
import errno, socket
def tried(*what):
    try:
        socket.socket(*what).close()
        return 'made'
    except OSError as e:
        return errno.errorcode[e.errno]
def reached(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(5)
        try:
            s.connect(address)
            return 'reached'
        except OSError as e:
            return errno.errorcode.get(e.errno, str(e))
)";

}  // namespace

TEST_CASE("with loopback a program's processes speak TCP and UDP over 127.0.0.1 and ::1") {
    jail j;
    const std::string out = output_of(j, network_reach::loopback, std::string(tries) + R"(
import threading
for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
    server = socket.create_server((address, 8080), family=family)
    def answer():
        c, _ = server.accept()
        c.sendall(b'hello ')
        c.close()
    threading.Thread(target=answer).start()
    with socket.socket(family) as s:
        s.connect((address, 8080))
        print(s.recv(10).decode(), end='')
    server.close()
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(('127.0.0.1', 9000))
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); b.sendto(b'world', ('127.0.0.1', 9000))
print(a.recv(10).decode())
)");
    CHECK(out == "hello hello world\n");
}

TEST_CASE("with loopback neither the host's own servers nor any other address are reached") {
    jail j;
    const host_server server;
    const std::string out = output_of(
        j,
        network_reach::loopback,
        std::string(tries) + "print(reached(socket.AF_INET, ('127.0.0.1', " + server.port() +
            ")))\n"
            "print(reached(socket.AF_INET, ('192.0.2.1', 80)))\n"
            "print(reached(socket.AF_INET, ('10.0.0.1', 80)))\n"
            "print(reached(socket.AF_INET6, ('2001:db8::1', 80)))\n"
    );
    CHECK(out == "ECONNREFUSED\nENETUNREACH\nENETUNREACH\nENETUNREACH\n");
}

TEST_CASE("with loopback the other socket families, raw sockets and rare protocols stay refused") {
    jail j;
    const std::string out = output_of(j, network_reach::loopback, std::string(tries) + R"(
print(tried(socket.AF_NETLINK, socket.SOCK_RAW), tried(socket.AF_PACKET, socket.SOCK_RAW),
      tried(socket.AF_VSOCK, socket.SOCK_STREAM), tried(socket.AF_ALG, socket.SOCK_SEQPACKET),
      tried(socket.AF_INET, socket.SOCK_RAW, 1), tried(socket.AF_INET, socket.SOCK_DGRAM, 1),
      tried(socket.AF_INET, socket.SOCK_STREAM, 132), tried(socket.AF_INET, socket.SOCK_STREAM, 262),
      tried(socket.AF_UNIX, socket.SOCK_STREAM), tried(socket.AF_INET6, socket.SOCK_DGRAM, 17))
)");
    CHECK(
        out ==
        "EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT "
        "EAFNOSUPPORT EAFNOSUPPORT made made\n"
    );
}

TEST_CASE("a program cannot change its network or make another") {
    jail j;
    const std::string out = output_of(j, network_reach::loopback, std::string(tries) + R"(
import ctypes, fcntl, struct
c = ctypes.CDLL(None, use_errno=True)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def changed(request, flags):
    try:
        fcntl.ioctl(s, request, struct.pack('16sh22x', b'lo', flags))
        return 'changed'
    except OSError as e:
        return errno.errorcode[e.errno]
print(changed(0x8914, 0), c.unshare(0x40000000), c.syscall(56, 0x40000000 | 17, 0, 0, 0, 0))
)");
    CHECK(out == "EPERM -1 -1\n");
}

TEST_CASE("runs with and without a network alternate in one slot, and nothing of one is left") {
    jail j;
    const std::string binds = std::string(tries) + R"(
s = socket.socket(socket.AF_INET); s.bind(('127.0.0.1', 7777)); s.listen()
print('bound')
)";
    const std::string none =
        std::string(tries) + "print(tried(socket.AF_INET, socket.SOCK_STREAM))";
    for (int i = 0; i < 2; ++i) {
        CHECK(output_of(j, network_reach::loopback, binds) == "bound\n");
        CHECK(output_of(j, network_reach::loopback, binds) == "bound\n");
        CHECK(output_of(j, network_reach::none, none) == "EAFNOSUPPORT\n");
        CHECK(processes_of(j.job_uid()).empty());
    }
}

}  // namespace sluice::sandbox::test
