// What a program with a way out reaches, and that it is no more than what was permitted: servers of
// this test on the host's own loopback stand for the world, each permitted by its very address.
#include "greeter.hpp"
#include "host_state.hpp"
#include "jail_fixture.hpp"

#include <catch2/catch.hpp>

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace sluice::sandbox::test {

namespace {

constexpr const char* words = R"(
import errno, socket, sys
def said_by(host, port, family=socket.AF_INET):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.settimeout(5)
            s.connect((host, port))
            s.sendall(b'ping')
            try:
                s.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the reset is there already, and shows below
            text = b''
            while piece := s.recv(65536):
                text += piece
            return text.decode()
    except OSError as e:
        return errno.errorcode.get(e.errno, str(e))
)";

run_request with_way_out(std::string code) {
    run_request request = python(words + std::move(code));
    request.network = network_reach::egress;
    return request;
}

std::string output_of(jail& j, std::string code) {
    const auto outcome = j.run(with_way_out(std::move(code)));
    if (outcome.has_error()) FAIL(describe(outcome.error()));
    INFO(outcome->err);
    CHECK(outcome->exit_code == 0);
    return outcome->out;
}

std::string said(const greeter& server, const std::string& host = "127.0.0.1") {
    return "print(said_by('" + host + "', " + server.port() + "))\n";
}

// Living processes with one of the ids of the jail's relay.
std::vector<std::string> relays_of(const jail& j) {
    return processes_of(j.manager_uid() + 2);
}

pid_t relay_of(const jail& j) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream status(entry.path() / "status");
        std::ostringstream text;
        text << status.rdbuf();
        const std::string uid = "Uid:\t" + std::to_string(j.manager_uid() + 2) + "\t";
        if (text.str().find(uid) != std::string::npos) return std::stoi(name);
    }
    return -1;
}

}  // namespace

TEST_CASE("with egress a program speaks TCP with a permitted address, and with nobody else") {
    const greeter permitted, other;
    jail j("", 10000, {"127.0.0.1:" + permitted.port()});
    CHECK(output_of(j, said(permitted)) == "hello ping\n");
    CHECK(output_of(j, said(other)) == "ECONNREFUSED\n");
    CHECK(output_of(j, said(permitted, "127.0.0.2")) == "ECONNRESET\n");
    CHECK(
        output_of(
            j,
            "print(said_by('192.0.2.1', 80), said_by('10.0.0.1', 443),"
            "      said_by('2001:db8::1', 80, socket.AF_INET6))"
        ) == "ENETUNREACH ENETUNREACH ENETUNREACH\n"
    );
    CHECK(permitted.connections() == 1);
    CHECK(other.connections() == 0);
}

TEST_CASE("with egress to everywhere loopback, private and metadata addresses are not meant") {
    const greeter server;
    jail j("", 10000, {"0.0.0.0/0:" + server.port(), "[::]/0:" + server.port()});
    const std::string tries =
        "for a in ('127.0.0.1', '0.0.0.0', '169.254.169.254', '10.0.0.1', '172.31.0.1', "
        "'192.168.1.1', '100.64.0.1'):\n    print(said_by(a, " +
        server.port() +
        "))\n"
        "for a in ('::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', 'fd00::1', 'fe80::1'):\n"
        "    print(said_by(a, " +
        server.port() + ", socket.AF_INET6))\n";
    std::string expected;
    for (int i = 0; i < 12; ++i)
        expected += "ECONNRESET\n";
    const std::string out = output_of(j, tries);
    CHECK(out.find("hello") == std::string::npos);
    // fe80 without an interface is not even tried by the kernel.
    CHECK(out == expected.substr(11) + "EINVAL\n");
    CHECK(server.connections() == 0);
}

TEST_CASE("with egress a name that resolves to a private address reaches nothing by that") {
    const greeter server;
    // Answers every question with 127.0.0.1, as a name server of the attacker would.
    const greeter names("127.53.0.7", 53, greeter::behaviour::resolve_to_loopback);
    jail j("", 10000, {"127.53.0.7:53", "0.0.0.0/0:" + server.port()});
    CHECK(
        output_of(
            j,
            "print(socket.getaddrinfo('rebind.example', 1, socket.AF_INET)[0][4][0])\n" +
                said(server, "rebind.example")
        ) == "127.0.0.1\nECONNRESET\n"
    );
    CHECK(names.connections() == 2);
    CHECK(server.connections() == 0);
}

TEST_CASE("with egress a megabyte goes out and comes back as it was") {
    const greeter server("127.0.0.1", 0, greeter::behaviour::echo);
    jail j("", 10000, {"127.0.0.1:" + server.port()});
    CHECK(
        output_of(
            j,
            R"(
import hashlib, os, threading
data = os.urandom(1 << 20)
s = socket.create_connection(('127.0.0.1', )" +
                server.port() + R"())
def send():
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
t = threading.Thread(target=send); t.start()
back = b''
while piece := s.recv(65536):
    back += piece
t.join()
print(back == data)
)"
        ) == "True\n"
    );
}

TEST_CASE("with egress a hundred connections are served, sixty-four at a time") {
    const greeter server("127.0.0.1", 0, greeter::behaviour::echo);
    jail j("", 10000, {"127.0.0.1:" + server.port()});
    CHECK(
        output_of(
            j,
            R"(
all = [socket.create_connection(('127.0.0.1', )" +
                server.port() + R"(), timeout=10) for _ in range(100)]
done = 0
for s in all:
    s.sendall(b'x'); s.shutdown(socket.SHUT_WR)
    done += s.recv(1) == b'x'
    s.close()
print(done)
)"
        ) == "100\n"
    );
}

TEST_CASE("with egress two slots do not reach each other") {
    const greeter server;
    jail one("", 10000, {"127.0.0.1:" + server.port()});
    jail other("", 10000, {"127.0.0.1:" + server.port()});
    // The first listens while it asks the outside, and is still there when the second tries.
    const std::string out = output_of(one, R"(
s = socket.create_server(('0.0.0.0', 7777))
print(said_by('127.0.0.1', 7777) if False else 'listens')
)");
    CHECK(out == "listens\n");
    CHECK(output_of(other, "print(said_by('127.0.0.1', 7777))") == "ECONNREFUSED\n");
}

TEST_CASE("without a list nothing with egress is run, and the slot goes on") {
    jail j;
    const auto refused = j.run(with_way_out("print('ran')"));
    REQUIRE(refused.has_error());
    CHECK(describe(refused.error()).find("start_relay") != std::string::npos);
    const auto plain = j.run(python("print('ran')"));
    REQUIRE(plain.has_value());
    CHECK(plain->out == "ran\n");
}

TEST_CASE("what a run left open outside is closed with it, and the relay goes with its slot") {
    const greeter server("127.0.0.1", 0, greeter::behaviour::echo);
    jail j("", 10000, {"127.0.0.1:" + server.port()});
    const std::string interfaces = interfaces_of_host();
    CHECK(
        output_of(
            j,
            "s = socket.create_connection(('127.0.0.1', " + server.port() +
                "))\nimport os\nif os.fork() == 0:\n    import time; time.sleep(100)\nprint('open')"
        ) == "open\n"
    );
    CHECK(server.wait_until_all_closed());
    CHECK(relays_of(j).size() == 1);
    const auto plain = j.run(python("print(1)"));
    REQUIRE(plain.has_value());
    CHECK(relays_of(j).empty());
    CHECK(output_of(j, "print(2)") == "2\n");
    CHECK(interfaces_of_host() == interfaces);
    j.close();
    CHECK(relays_of(j).empty());
}

TEST_CASE("a relay that is killed costs an error of the sandbox, and a new one comes") {
    const greeter server;
    jail j("", 10000, {"127.0.0.1:" + server.port()});
    CHECK(output_of(j, said(server)) == "hello ping\n");
    const pid_t relay = relay_of(j);
    REQUIRE(relay > 0);
    REQUIRE(::kill(relay, SIGKILL) == 0);
    // The prepared runs, two at most, still have listeners, which nobody serves; then one fails,
    // and after another that finds the manager gone the slot is made anew.
    bool works = false;
    for (int i = 0; i < 5 && !works; ++i) {
        const auto outcome = j.run(with_way_out(said(server)));
        works = outcome && outcome->out == "hello ping\n";
    }
    CHECK(works);
}

}  // namespace sluice::sandbox::test
