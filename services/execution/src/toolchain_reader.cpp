// Plain reads into a buffer that is thrown away; the kernel keeps the pages.
#include "toolchain_reader.hpp"

#include "sluice/runtime/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace sluice::execution {
namespace {

namespace fs = std::filesystem;
using monotonic = std::chrono::steady_clock;

class file_reader {
public:
    explicit file_reader(const toolchain_config& bounds)
        : left_(bounds.max_bytes.value)
        , begin_(monotonic::now())
        , until_(begin_ + bounds.max_time) {}

    void read(const fs::path& path) {
        std::error_code failed;
        if (!fs::is_directory(path, failed)) {
            read_file(path);
            return;
        }
        const auto options = fs::directory_options::skip_permission_denied;
        auto each = fs::recursive_directory_iterator(path, options, failed);
        while (!failed && each != fs::recursive_directory_iterator() && report_.is_complete) {
            if (each->is_regular_file(failed)) read_file(each->path());
            each.increment(failed);
        }
    }

    toolchain_report report() {
        const auto took = monotonic::now() - begin_;
        report_.milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
        return report_;
    }
    bool is_within_bounds() const { return report_.is_complete; }

private:
    void read_file(const fs::path& path) {
        const unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
        if (!fd) return;
        ++report_.files;
        for (;;) {
            if (left_ <= 0 || monotonic::now() >= until_) {
                report_.is_complete = false;
                return;
            }
            const auto most = std::min<std::int64_t>(left_, std::ssize(buffer_));
            const ssize_t n = ::read(fd.get(), buffer_.data(), static_cast<std::size_t>(most));
            if (n <= 0) return;
            report_.bytes += n;
            left_ -= n;
        }
    }

    std::int64_t left_;
    monotonic::time_point begin_, until_;
    toolchain_report report_;
    std::vector<char> buffer_ = std::vector<char>(256 << 10);
};

}  // namespace

void describe(config_visitor& v, toolchain_config& c) {
    v.field(
        "max_bytes",
        c.max_bytes,
        "files of the installed languages read at start, so that no job is charged for their page "
        "cache; 0: none"
    );
    v.field("max_time", c.max_time, "longest time for it");
}

std::vector<std::string> toolchain_paths(
    const std::vector<domain::language>& catalogue,
    const std::vector<domain::language_availability>& availability
) {
    std::vector<std::string> paths;
    std::set<std::string> seen;
    const auto add = [&](const std::string& path) {
        if (path.starts_with('/') && seen.insert(path).second) paths.push_back(path);
    };
    for (const auto& l : catalogue) {
        const auto found =
            std::ranges::find(availability, l.id, &domain::language_availability::id);
        if (found == availability.end() || !found->is_available) continue;
        for (const auto* command : {&l.run, &l.compile, &l.version_command}) {
            if (!command->empty()) add(command->front());
        }
        for (const auto& path : l.toolchain_files)
            add(path);
        if (!l.prepare.run_args.empty()) add(found->prepared_folder);
    }
    return paths;
}

toolchain_report read_files(const std::vector<std::string>& paths, const toolchain_config& bounds) {
    file_reader reader(bounds);
    for (const auto& path : paths) {
        if (!reader.is_within_bounds() || bounds.max_bytes.value <= 0) break;
        reader.read(path);
    }
    return reader.report();
}

}  // namespace sluice::execution
