// Writing packs on the host. Names are checked here, where the caller can be told which one is
// wrong, and again by init, which trusts nobody.
#include "sluice/sandbox/file_pack.hpp"

#include "memfd.hpp"
#include "pack_format.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace sluice::sandbox {

namespace {

template <class T>
std::string_view bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

result<std::shared_ptr<const file_pack>> file_pack::make(std::span<const input_file> files) {
    if (files.size() > pack::max_files) return fail(errc::invalid, "too many files");
    std::string bytes;
    pack::header head;
    head.file_count = files.size();
    bytes += bytes_of(head);
    for (const input_file& file : files) {
        if (!pack::is_safe_path(file.path)) {
            return fail(errc::invalid, "unsafe path \"" + std::string(file.path) + "\"");
        }
        pack::entry e;
        e.path_bytes = static_cast<std::uint32_t>(file.path.size());
        e.mode = file.is_executable ? 0755 : 0644;
        e.content_bytes = file.content.size();
        bytes += bytes_of(e);
        bytes += file.path;
        bytes += file.content;
    }
    auto fd = sealed_bytes("sluice-files", bytes);
    if (!fd) return std::move(fd).error();
    const auto size = static_cast<std::int64_t>(bytes.size());
    return std::shared_ptr<const file_pack>(new file_pack(std::move(*fd), size));
}

result<std::shared_ptr<const file_pack>> file_pack::adopt(unique_fd memfd) {
    SLUICE_TRY(seal(memfd.get()));
    struct stat info {};
    if (::fstat(memfd.get(), &info) < 0) return fail(errc::io, "fstat of a pack");
    return std::shared_ptr<const file_pack>(
        new file_pack(std::move(memfd), static_cast<std::int64_t>(info.st_size))
    );
}

}  // namespace sluice::sandbox
