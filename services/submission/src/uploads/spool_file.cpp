// See spool_file.hpp.
#include "spool_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <new>
#include <system_error>

namespace sluice::submission {
namespace {

[[noreturn]] void raise_errno(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

// Each folder's own entry is made lasting too: a file in a folder that is gone after a crash is
// gone.
void make_folder(const std::filesystem::path& folder) {
    if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return;
    make_folder(folder.parent_path());
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) raise_errno(folder.string());
}

void sync_folder(const std::filesystem::path& folder) {
    const unique_fd fd(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    );
    if (!fd || ::fsync(fd.get()) != 0) raise_errno("fsync of " + folder.string());
}

}  // namespace

spool_file::spool_file(std::string path) : path_(std::move(path)), digest_(EVP_MD_CTX_new()) {
    if (!digest_ || EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) != 1) {
        throw std::bad_alloc();
    }
    make_folder(std::filesystem::path(path_).parent_path());
    fd_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd_) raise_errno("open of " + path_);
}

spool_file::~spool_file() {
    if (fd_) unlink();
}

void spool_file::write(const std::string& bytes) {
    EVP_DigestUpdate(digest_.get(), bytes.data(), bytes.size());
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t n = ::write(fd_.get(), bytes.data() + done, bytes.size() - done);
        if (n < 0 && errno != EINTR) raise_errno("write to " + path_);
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    size_ += static_cast<std::int64_t>(bytes.size());
}

blob_facts spool_file::close_hash() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(digest_.get(), digest.data(), &size);
    return {size_, std::string(digest.begin(), digest.begin() + size)};
}

void spool_file::move_to(const std::string& path) {
    if (::fsync(fd_.get()) != 0) raise_errno("fsync of " + path_);
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    make_folder(folder);
    if (::rename(path_.c_str(), path.c_str()) != 0) raise_errno("rename to " + path);
    path_.clear();
    sync_folder(folder);
    sync_folder(folder.parent_path());
}

void spool_file::unlink() {
    if (!path_.empty()) ::unlink(path_.c_str());
    path_.clear();
}

std::string file_message(const std::system_error& e) {
    return std::string(e.what()).substr(0, 512);
}

}  // namespace sluice::submission
