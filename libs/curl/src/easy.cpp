// See easy.hpp.
#include "sluice/curl/easy.hpp"

#include "sluice/core/assert.hpp"

#include <new>

namespace sluice::curl {
namespace {

constexpr std::size_t max_failure_bytes = 512;

CURL* make_handle() {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    SLUICE_ASSERT(ready == CURLE_OK);
    CURL* handle = curl_easy_init();
    if (handle == nullptr) throw std::bad_alloc();
    return handle;
}

}  // namespace

easy::easy() : handle_(make_handle()) {}

void easy::reset() {
    curl_easy_reset(handle_.get());
    headers_.reset();
    recipients_.reset();
    detail_[0] = '\0';
}

void easy::append(list& to, const std::string& line) {
    curl_slist* longer = curl_slist_append(to.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(to.release());
    to.reset(longer);
}

void easy::add_header(const std::string& line) {
    append(headers_, line);
}

void easy::add_recipient(const std::string& address) {
    append(recipients_, address);
}

void easy::set_bounds(const transfer_bounds& bounds) {
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(bounds.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(bounds.timeout.count()));
    set(CURLOPT_QUICK_EXIT, 1L);  // a resolver that hangs does not hold the thread
    set(CURLOPT_BUFFERSIZE, 16384L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");  // nor one that the environment names
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (bounds.ca_file.empty()) return;
    set(CURLOPT_CAINFO, bounds.ca_file.c_str());
    // Debian's libcurl looks into /etc/ssl/certs besides: then any public authority would do.
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

CURLcode easy::perform() {
    set(CURLOPT_ERRORBUFFER, detail_.data());
    if (headers_) set(CURLOPT_HTTPHEADER, headers_.get());
    if (recipients_) set(CURLOPT_MAIL_RCPT, recipients_.get());
    return curl_easy_perform(handle_.get());
}

long easy::status() const {
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
}

std::string easy::peer() const {
    const char* address = nullptr;
    curl_easy_getinfo(handle_.get(), CURLINFO_PRIMARY_IP, &address);
    return address == nullptr ? "" : address;
}

std::string easy::failure(CURLcode code) const {
    if (code == CURLE_OPERATION_TIMEDOUT) return "timeout: " + std::string(detail_.data());
    const std::string text = detail_[0] != '\0' ? detail_.data() : curl_easy_strerror(code);
    return text.substr(0, max_failure_bytes);
}

}  // namespace sluice::curl
