// The kernel's text files, as the manager reads them on the path of every run.
#include "cgroup_text.hpp"

#include "fuzz.hpp"

using namespace sluice;
using namespace sluice::sandbox;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const std::size_t key_bytes = in.byte() & 15;
    const std::string text(in.text());
    const std::string key = text.substr(0, key_bytes);
    const cgroup_mounts mounts = parse_cgroup_mounts(text);
    for (const std::string* where :
         {&mounts.memory, &mounts.pids, &mounts.cpuacct, &mounts.cpu, &mounts.unified}) {
        fuzz::require(where->find_first_of(" \n") == std::string::npos);
    }
    (void)keyed_value(text, key);
    (void)keyed_value(text, "oom_kill");
    if (first_number(text)) fuzz::require(text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
    if (!key.empty() && has_word(text, key)) fuzz::require(text.find(key) != std::string::npos);
    if (const auto path = unified_path(text)) fuzz::require(path->starts_with('/'));
    return 0;
}
