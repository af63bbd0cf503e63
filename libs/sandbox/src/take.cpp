// See take.hpp.
#include "sluice/sandbox/take.hpp"

#include "manager_path.hpp"

#include "sluice/sandbox/file_pack.hpp"

#include <array>
#include <utility>

namespace sluice::sandbox {

result<void> wait_at(const std::string& place, warm_spec& spec, const sandbox_config& config) {
    constexpr const char* library = ".warm/take.so";
    auto code = read_beside_manager(config, "sluice-take.so");
    if (!code) return std::move(code).error();
    const std::array files{input_file{library, *code, false}};
    auto pack = file_pack::make(files);
    if (!pack) return std::move(pack).error();
    spec.files.push_back(std::move(*pack));
    // The library takes them out again.
    spec.what.env.push_back("SLUICE_TAKE_AT=" + place);
    spec.what.env.push_back(std::string("LD_PRELOAD=/box/") + library);
    return {};
}

}  // namespace sluice::sandbox
