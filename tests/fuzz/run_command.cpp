// A run request as manager and init read it: the fixed part, then the strings of the command. The
// first byte chooses whether sizes are made to fit, so that mutations reach the strings.
#include "command_view.hpp"
#include "fuzz.hpp"
#include "message_check.hpp"
#include "pack_format.hpp"

#include <memory>
#include <vector>

using namespace sluice;
using namespace sluice::sandbox;

namespace {

protocol::slot_request plausible() {
    protocol::slot_request r;
    r.cpu_us = r.wall_us = 1'000'000;
    r.memory_bytes = r.file_bytes = r.disk_bytes = r.stack_bytes = 64 << 20;
    r.processes = r.open_files = 64;
    r.inodes = 1024;
    r.collect_max_bytes = 1 << 20;
    r.collect_max_files = 16;
    return r;
}

void walk(std::span<const char> bytes, char* const* strings, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        fuzz::require(strings[i] >= bytes.data() && strings[i] < bytes.data() + bytes.size());
        const std::size_t length = std::strlen(strings[i]);
        fuzz::require(strings[i] + length < bytes.data() + bytes.size());
    }
    fuzz::require(strings[count] == nullptr);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const bool is_fitted = (in.byte() & 1) != 0;
    const std::size_t fds = in.byte();
    protocol::slot_request request = plausible();
    request.argc = in.byte();
    request.envc = in.byte();
    in.patch(request);
    // On the heap with its exact size, so that a read past the end is seen.
    std::vector<char> bytes(in.text().begin(), in.text().end());
    if (is_fitted) request.command_bytes = static_cast<std::uint32_t>(bytes.size());
    const long message_size = static_cast<long>(sizeof request + bytes.size());
    const std::size_t expected_fds =
        std::size_t{request.has_stdin} + request.pack_count + request.has_collect;
    const bool is_taken = is_valid(request, message_size, is_fitted ? expected_fds : fds);
    if (is_taken) {
        fuzz::require(bytes.size() <= protocol::max_command_bytes);
        fuzz::require(request.has_stdin + request.pack_count <= protocol::max_fds);
        fuzz::require(request.wall_us > 0 && request.memory_bytes > 0 && request.processes > 0);
    }
    auto view = std::make_unique<command_view>();
    if (!parse_command(request, bytes, *view)) return 0;
    walk(bytes, view->argv.data(), request.argc);
    walk(bytes, view->envp.data(), request.envc);
    fuzz::require(view->argv[0][0] == '/');
    const std::string_view folder = view->collect_folder;
    fuzz::require(folder.empty() || pack::is_safe_path(folder));
    return 0;
}
