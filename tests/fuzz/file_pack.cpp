// A pack as init reads it: packs of the host's own input, and packs that a run left and a later run
// is given.
#include "fuzz.hpp"
#include "pack_format.hpp"

#include <string>
#include <vector>

using namespace sluice;
namespace pack = sluice::sandbox::pack;

namespace {

void check_path(std::string_view path) {
    fuzz::require(!path.empty() && path.size() <= pack::max_path);
    fuzz::require(path.front() != '/' && path.back() != '/');
    const std::string framed = "/" + std::string(path) + "/";
    for (const std::string_view bad : {"//", "/./", "/../"}) {
        fuzz::require(framed.find(bad) == std::string::npos);
    }
    fuzz::require(path.find('\0') == std::string_view::npos);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::byte> bytes(
        reinterpret_cast<const std::byte*>(data),
        reinterpret_cast<const std::byte*>(data) + size
    );
    pack::reader reader(bytes);
    std::size_t total = 0, files = 0;
    while (const auto file = reader.next()) {
        check_path(file->path);
        fuzz::require(file->mode == 0644 || file->mode == 0755);
        for (const std::byte b : file->content)
            total += b == std::byte{0} ? 0 : 1;
        ++files;
    }
    fuzz::require(total <= size && files <= pack::max_files);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (pack::is_safe_path(text)) check_path(text);
    return 0;
}
