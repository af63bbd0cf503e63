// Runs an attack in a jail and compares what came of it with what its header says.
#pragma once

#include "attack_file.hpp"
#include "jail_fixture.hpp"

#include <functional>

namespace sluice::sandbox::test {

// What runs with `network: egress` may reach in the attack suite: everywhere, one port.
std::vector<std::string> egress_of_attacks();

// What the attack aims at outside: a listener, a file. Its argument for the program is what the
// header's `host:` asks for.
class host_target {
public:
    explicit host_target(const std::string& kind);
    ~host_target();
    host_target(const host_target&) = delete;
    host_target& operator=(const host_target&) = delete;
    const std::string& argument() const { return argument_; }

private:
    std::string argument_;
    std::string folder_;
    int socket_ = -1;
};

struct outcome {
    std::string end;     // "exit=0 limit=none", "exit=0 collect=refused"
    std::string detail;  // of an error
    std::string out;     // standard output, then what was collected
    std::string err;
};

// `prefix` is "" for the attack itself and "without-" for its control, whose `limits`, `env` and so
// on go before the plain ones.
// `change` may have the last word on the request.
outcome run_attack(
    jail& j,
    const attack& a,
    const std::string& prefix,
    const std::function<void(run_request&)>& change = {}
);

// Empty when it is as expected, else what differs. `before` is the outcome with all walls, for the
// word "changed".
std::string difference(const outcome& o, const std::string& expected, const outcome& before);

}  // namespace sluice::sandbox::test
