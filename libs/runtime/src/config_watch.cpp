// Every event in the folder leads to one comparison of the content, so that neighbours which change
// there cost a read and nothing else.
#include "config_watch.hpp"

#include "sluice/observe/log.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace sluice::runtime {
namespace {

std::optional<std::string> content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream all;
    if (!file || !(all << file.rdbuf())) return std::nullopt;
    return std::move(all).str();
}

}  // namespace

struct config_watch::impl : std::enable_shared_from_this<config_watch::impl> {
    impl(asio::any_io_executor executor, std::string f, std::function<void()> c)
        : descriptor(std::move(executor)), file(std::move(f)), on_change(std::move(c)) {}

    void read_next() {
        descriptor.async_read_some(
            asio::buffer(events),
            [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                if (failed) return;
                self->look();
                self->read_next();
            }
        );
    }
    void look() {
        auto now = content_of(file);
        // A file that is away for a moment is about to be replaced.
        if (!now || now == last) return;
        last = std::move(now);
        if (on_change) on_change();
    }

    asio::posix::stream_descriptor descriptor;
    std::string file;
    std::function<void()> on_change;
    std::optional<std::string> last;
    alignas(inotify_event) std::array<char, 4096> events{};
};

config_watch::config_watch(
    asio::any_io_executor executor,
    std::string file,
    std::function<void()> on_change
)
    : impl_(std::make_shared<impl>(std::move(executor), std::move(file), std::move(on_change))) {}

config_watch::~config_watch() {
    stop();
}

bool config_watch::start() {
    const auto folder = std::filesystem::path(impl_->file).parent_path();
    const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd >= 0) impl_->descriptor.assign(fd);
    const std::string watched = folder.empty() ? "." : folder.string();
    const bool is_watched =
        fd >= 0 && ::inotify_add_watch(fd, watched.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) >= 0;
    if (!is_watched) {
        const char* reason = std::strerror(errno);
        observe::warn({}, "config_not_watched", {{"folder", watched}, {"error", reason}});
        return false;
    }
    impl_->last = content_of(impl_->file);
    impl_->read_next();
    return true;
}

void config_watch::stop() {
    impl_->on_change = nullptr;
    boost::system::error_code ignored;
    if (impl_->descriptor.is_open()) impl_->descriptor.close(ignored);
}

}  // namespace sluice::runtime
