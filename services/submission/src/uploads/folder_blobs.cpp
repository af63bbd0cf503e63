// See folder_blobs.hpp.
#include "folder_blobs.hpp"

#include "blocking_call.hpp"
#include "spool_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>

namespace sluice::submission {
namespace {

class file_writer final : public blob_writer {
public:
    file_writer(std::unique_ptr<spool_file> file, std::string path, runtime::blocking_pool& pool)
        : file_(std::move(file)), path_(std::move(path)), pool_(pool) {}

    awaitable<result<void>> write(std::string bytes) override {
        std::function<void()> work = [this, &bytes] { file_->write(bytes); };
        co_return co_await call_blocking(pool_, std::move(work));
    }
    awaitable<result<blob_facts>> finish() override {
        blob_facts facts;
        std::function<void()> work = [this, &facts] {
            facts = file_->close_hash();
            file_->move_to(path_);
        };
        SLUICE_CO_TRY(co_await call_blocking(pool_, std::move(work)));
        co_return facts;
    }

private:
    std::unique_ptr<spool_file> file_;
    std::string path_;
    runtime::blocking_pool& pool_;
};

// nullopt: there is no such file.
std::optional<std::string> read_piece(const std::string& path, std::int64_t at, std::size_t size) {
    const unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd && errno == ENOENT) return std::nullopt;
    if (!fd) throw std::system_error(errno, std::generic_category(), "open of " + path);
    std::string bytes(size, '\0');
    std::size_t done = 0;
    while (done < size) {
        const ssize_t n = ::pread(
            fd.get(),
            bytes.data() + done,
            size - done,
            static_cast<off_t>(at) + static_cast<off_t>(done)
        );
        if (n == 0) break;
        if (n < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "read of " + path);
        }
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    bytes.resize(done);
    return bytes;
}

void remove_file(const std::string& path) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
    throw std::system_error(errno, std::generic_category(), "unlink of " + path);
}

}  // namespace

std::string folder_blobs::path_of(uuid blob) const {
    const std::string name = blob.to_string();
    return folder_ + "/" + name.substr(0, 2) + "/" + name;
}

std::string folder_blobs::incoming_path_of(uuid blob) const {
    return folder_ + "/incoming/" + blob.to_string();
}

awaitable<result<std::unique_ptr<blob_writer>>> folder_blobs::create(uuid blob) {
    std::unique_ptr<spool_file> file;
    std::function<void()> work = [this, &file, &blob] {
        file = std::make_unique<spool_file>(incoming_path_of(blob));
    };
    SLUICE_CO_TRY(co_await call_blocking(pool_, std::move(work)));
    std::unique_ptr<blob_writer> out =
        std::make_unique<file_writer>(std::move(file), path_of(blob), pool_);
    co_return out;
}

awaitable<result<std::string>>
folder_blobs::read(uuid blob, std::int64_t offset, std::size_t size) {
    std::optional<std::string> bytes;
    std::function<void()> work = [this, &bytes, &blob, offset, size] {
        bytes = read_piece(path_of(blob), offset, size);
    };
    SLUICE_CO_TRY(co_await call_blocking(pool_, std::move(work)));
    if (!bytes) co_return fail(errc::not_found, "no file for blob " + blob.to_string());
    co_return std::move(*bytes);
}

awaitable<result<void>> folder_blobs::remove(uuid blob) {
    std::function<void()> work = [this, &blob] {
        remove_file(path_of(blob));
        remove_file(incoming_path_of(blob));
    };
    co_return co_await call_blocking(pool_, std::move(work));
}

}  // namespace sluice::submission
