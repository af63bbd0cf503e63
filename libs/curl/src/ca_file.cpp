// See ca_file.hpp.
#include "sluice/curl/ca_file.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace sluice::curl {
namespace {

struct file_close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
struct certificate_free {
    void operator()(X509* one) const { ::X509_free(one); }
};

}  // namespace

std::string ca_file_problem(const std::string& path) {
    if (path.empty()) return {};
    const std::unique_ptr<std::FILE, file_close> file(std::fopen(path.c_str(), "re"));
    if (!file) return "cannot read " + path + ": " + std::strerror(errno);
    std::size_t count = 0;
    std::unique_ptr<X509, certificate_free> one;
    while (one.reset(::PEM_read_X509(file.get(), nullptr, nullptr, nullptr)), one)
        ++count;
    // The end of the file is told as an error, too; what else went wrong is a broken certificate.
    const unsigned long last = ::ERR_peek_last_error();
    ::ERR_clear_error();
    if (count == 0) return path + " holds no certificate (PEM)";
    if (ERR_GET_REASON(last) != PEM_R_NO_START_LINE) return path + " holds a broken certificate";
    return {};
}

}  // namespace sluice::curl
