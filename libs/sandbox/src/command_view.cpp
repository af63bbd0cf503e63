// Cutting the command buffer into strings.
#include "command_view.hpp"

#include "pack_format.hpp"

#include <cstring>

namespace sluice::sandbox {

namespace {

bool take_strings(std::span<char>& left, std::size_t count, char** out) {
    for (std::size_t i = 0; i < count; ++i) {
        // An empty span may have no address, and memchr wants one.
        if (left.empty()) return false;
        auto* end = static_cast<char*>(std::memchr(left.data(), '\0', left.size()));
        if (end == nullptr) return false;
        out[i] = left.data();
        left = left.subspan(static_cast<std::size_t>(end - left.data()) + 1);
    }
    return true;
}

}  // namespace

bool parse_command(
    const protocol::slot_request& request,
    std::span<char> bytes,
    command_view& out
) {
    if (request.argc == 0 || request.argc > protocol::max_arguments ||
        request.envc > protocol::max_arguments || bytes.size() != request.command_bytes) {
        return false;
    }
    char* folder = nullptr;
    if (!take_strings(bytes, request.argc, out.argv.data()) ||
        !take_strings(bytes, request.envc, out.envp.data()) || !take_strings(bytes, 1, &folder) ||
        !bytes.empty()) {
        return false;
    }
    out.argv[request.argc] = nullptr;
    out.envp[request.envc] = nullptr;
    out.collect_folder = folder;
    const std::string_view collected = folder;
    return out.argv[0][0] == '/' && (collected.empty() || pack::is_safe_path(collected));
}

const char* implausible_field(const protocol::slot_request& r) {
    constexpr std::int64_t day_us = 24 * 3'600'000'000;
    constexpr std::int64_t tebibyte = 1LL << 40;
    struct range {
        const char* name;
        std::int64_t value, low, high;
    };
    const range ranges[] = {
        {"magic", r.message_magic, protocol::magic, protocol::magic},
        {"cpu_time", r.cpu_us, 1, day_us},
        {"wall_time", r.wall_us, 1, day_us},
        {"memory_bytes", r.memory_bytes, 1 << 20, tebibyte},
        {"processes", r.processes, 1, 1 << 20},
        {"file_bytes", r.file_bytes, 1, tebibyte},
        {"disk_bytes", r.disk_bytes, 4096, tebibyte},
        {"inodes", r.inodes, 1, 1 << 24},
        {"open_files", r.open_files, 3, 1 << 20},
        {"stack_bytes", r.stack_bytes, 64 << 10, tebibyte},
        {"command size", r.command_bytes, 3, protocol::max_command_bytes},
        {"argv", r.argc, 1, protocol::max_arguments},
        {"env", r.envc, 0, protocol::max_arguments},
        {"files", r.pack_count, 0, protocol::max_packs},
        {"stdin flag", r.has_stdin, 0, 1},
        {"collect flag", r.has_collect, 0, 1},
        {"network", static_cast<std::int64_t>(r.reach), 0, 2},
        {"interaction", static_cast<std::int64_t>(r.how), 0, 2},
        {"crowded flag", r.is_crowded, 0, 1},
        {"fork descriptors", r.fork_fds, 0, 2},
        {"collect.max_bytes", r.collect_max_bytes, 0, tebibyte},
        {"collect.max_files", r.collect_max_files, 0, 1 << 16},
    };
    for (const range& field : ranges) {
        if (field.value < field.low || field.value > field.high) return field.name;
    }
    const bool is_interactive = r.how != protocol::interaction::none;
    if (is_interactive && r.has_collect != 0) return "collect flag";
    // A runtime that waits has its descriptors, and no terminal.
    if (is_interactive && r.warm_key != 0) return "warm key";
    if (is_interactive && r.fork_key != 0) return "fork key";
    if (is_interactive && r.has_stdin != (r.how == protocol::interaction::pipes ? 1U : 0U)) {
        return "stdin flag";
    }
    return nullptr;
}

}  // namespace sluice::sandbox
