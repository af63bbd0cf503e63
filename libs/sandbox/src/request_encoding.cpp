// Checks that the request can be expressed at all; what a program may use is the caller's policy.
#include "request_encoding.hpp"

#include "command_view.hpp"
#include "memfd.hpp"
#include "pack_format.hpp"

namespace sluice::sandbox {

namespace {

// Saturates, so that an absurd duration is refused and not wrapped.
std::int64_t to_us(std::chrono::milliseconds ms) {
    constexpr std::int64_t most = 1LL << 50;
    return ms.count() > most ? most : ms.count() * 1000;
}

void set_limits(const run_limits& from, protocol::slot_request& to) {
    to.cpu_us = to_us(from.cpu_time);
    to.wall_us = to_us(from.wall_time);
    to.memory_bytes = from.memory_bytes;
    to.processes = from.processes;
    to.file_bytes = from.file_bytes;
    to.disk_bytes = from.disk_bytes;
    to.inodes = from.inodes;
    to.open_files = from.open_files;
    to.stack_bytes = from.stack_bytes;
}

result<void>
append_strings(const std::vector<std::string>& strings, const char* field, std::string& out) {
    if (strings.size() > protocol::max_arguments) {
        return fail(errc::invalid, std::string(field) + ": too many");
    }
    for (const std::string& text : strings) {
        if (text.find('\0') != std::string::npos) {
            return fail(errc::invalid, std::string(field) + ": NUL inside");
        }
        out.append(text.c_str(), text.size() + 1);
    }
    return {};
}

result<void> set_command(const run_request& request, encoded_request& out) {
    const command& what = request.what;
    if (what.argv.empty() || !what.argv[0].starts_with('/')) {
        return fail(errc::invalid, "argv[0] is not an absolute path");
    }
    SLUICE_TRY(append_strings(what.argv, "argv", out.command));
    SLUICE_TRY(append_strings(what.env, "env", out.command));
    const std::string folder = request.collect ? request.collect->folder : std::string();
    if (!folder.empty() && !pack::is_safe_path(folder)) {
        return fail(errc::invalid, "collect.folder: unsafe path");
    }
    out.command.append(folder.c_str(), folder.size() + 1);
    if (out.command.size() > protocol::max_command_bytes) {
        return fail(errc::invalid, "argv and env: longer than 120 KiB together");
    }
    out.head.argc = static_cast<std::uint32_t>(what.argv.size());
    out.head.envc = static_cast<std::uint32_t>(what.env.size());
    out.head.command_bytes = static_cast<std::uint32_t>(out.command.size());
    return {};
}

result<void> set_interaction(const run_request& request, encoded_request& out) {
    auto ends = make_interaction(request.how);
    if (!ends) return std::move(ends).error();
    out.interactive = std::move(*ends);
    out.head.how = request.how == interaction::pipes ? protocol::interaction::pipes
                                                     : protocol::interaction::terminal;
    if (request.how != interaction::pipes) return {};
    out.head.has_stdin = 1;
    out.fds.push_back(out.interactive.input.get());
    return {};
}

}  // namespace

result<encoded_request> encode(const run_request& request) {
    encoded_request out;
    set_limits(request.limits, out.head);
    if (request.how == interaction::none) {
        out.head.warm_key = request.warm_key;
        out.head.fork_key = request.fork_key;
    }
    SLUICE_TRY(set_command(request, out));
    if (request.limits.output_bytes <= 0) return fail(errc::invalid, "output_bytes: out of range");
    if (request.files.size() > protocol::max_packs)
        return fail(errc::invalid, "files: too many packs");
    const bool is_interactive = request.how != interaction::none;
    if (is_interactive) SLUICE_TRY(set_interaction(request, out));
    if (!is_interactive && !request.stdin_bytes.empty()) {
        auto input = sealed_bytes("sluice-stdin", request.stdin_bytes);
        if (!input) return std::move(input).error();
        out.input = std::move(*input);
        out.head.has_stdin = 1;
        out.fds.push_back(out.input.get());
    }
    for (const auto& pack : request.files)
        out.fds.push_back(pack->fd());
    out.head.pack_count = static_cast<std::uint32_t>(request.files.size());
    if (request.network == network_reach::loopback) out.head.reach = protocol::network::loopback;
    if (request.network == network_reach::egress) out.head.reach = protocol::network::egress;
    if (request.collect) {
        auto memfd = make_memfd("sluice-collect");
        if (!memfd) return std::move(memfd).error();
        out.collected = std::move(*memfd);
        out.head.has_collect = 1;
        out.head.collect_max_bytes = request.collect->max_bytes;
        out.head.collect_max_files = request.collect->max_files;
        out.fds.push_back(out.collected.get());
    }
    if (is_interactive) out.fds.push_back(out.interactive.theirs.get());
    if (const char* field = implausible_field(out.head)) {
        return fail(errc::invalid, std::string(field) + ": out of range");
    }
    return out;
}

}  // namespace sluice::sandbox
