// An attack that is begun by an interpreter, which was there before its program came.
#pragma once

#include "attack_file.hpp"
#include "jail_fixture.hpp"

namespace sluice::sandbox::test {

// Whether all attacks can be begun so: those that need another stack limit would be cold, as would
// those with a network or a terminal. In the guest, where everything takes ten times as long, only
// those that could hurt most: the walls are the same ones.
inline bool can_begin_in_python(const attack& a) {
    const bool runs_here = is_guest() ? a.value("control-where") == "guest"
                                      : !a.has("where") || a.value("where") == "host";
    return runs_here && a.value("network") != "egress" && !a.has("terminal") && !a.has("needs") &&
           a.value("limits").find("stack_bytes") == std::string::npos;
}

// `python3 main.py` in front of an attack's own command. `condition` must hold in the interpreter;
// `variables` are those that it was started with, which the attack does not see.
inline void begin_in_python(
    run_request& request,
    const std::string& condition,
    const std::vector<std::string>& variables
) {
    const bool is_python = request.what.argv[0] == "/usr/bin/python3";
    const std::size_t own = is_python ? 2 : 1;
    std::vector<std::string> argv{"/usr/bin/python3", "main.py", "attack"};
    if (request.what.argv.size() > own) argv.push_back(request.what.argv[own]);
    std::string forget;
    for (const std::string& variable : variables) {
        request.what.env.push_back(variable);
        forget += "del os.environ['" + variable.substr(0, variable.find('=')) + "']\n";
    }
    // Without touching what the attack looks at.
    request.files.push_back(pack_of(
        "main.py",
        "import os, signal, sys\nassert " + condition + "\nos.remove('main.py')\n" + forget +
            // What an interpreter ignores and a started attack would not.
            "for n in (signal.SIGXFSZ, signal.SIGPIPE): signal.signal(n, signal.SIG_DFL)\n" +
            (is_python ? "os.execv('/usr/bin/python3', ['/usr/bin/python3', '/box/attack', "
                         "*sys.argv[2:]])\n"
                       : "os.execv('/box/attack', ['/box/attack', *sys.argv[2:]])\n"),
        false
    ));
    request.what.argv = std::move(argv);
}

}  // namespace sluice::sandbox::test
