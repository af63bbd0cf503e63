// An archive from a stranger: whatever is in it, the files that come out have safe names, none
// twice, and stay within the bounds.
#include "uploads/zip_program.hpp"

#include "fuzz.hpp"

#include "sluice/domain/validation.hpp"

#include <set>

using namespace sluice;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string archive(reinterpret_cast<const char*>(data), size);
    submission::zip_bounds bounds;
    bounds.max_files = 4;
    bounds.max_bytes = 64 << 10;
    const auto got = submission::unzip_program(archive, bounds);
    if (const auto* no = std::get_if<submission::zip_refusal>(&got)) {
        fuzz::require(!no->why.empty());
        return 0;
    }
    const auto& files = std::get<0>(got);
    fuzz::require(!files.empty() && files.size() <= bounds.max_files);
    std::set<std::string> names;
    std::size_t total = 0;
    for (const auto& file : files) {
        fuzz::require(domain::is_safe_file_name(file.name));
        fuzz::require(names.insert(file.name).second);
        total += file.content.size();
    }
    fuzz::require(total <= bounds.max_bytes);
    return 0;
}
