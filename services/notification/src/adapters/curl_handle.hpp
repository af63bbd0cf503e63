// libcurl's easy handles and lists, owned, for the adapters that send with it.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>

namespace sluice::notification::curl {

struct list_free {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct handle_free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using list = std::unique_ptr<curl_slist, list_free>;
using handle = std::unique_ptr<CURL, handle_free>;

inline handle make_handle() {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK) throw std::runtime_error(curl_easy_strerror(ready));
    handle made(curl_easy_init());
    if (!made) throw std::bad_alloc();
    return made;
}

inline void add(list& to, const std::string& line) {
    curl_slist* longer = curl_slist_append(to.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(to.release());
    to.reset(longer);
}

template <class T>
void set(CURL* h, CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(h, option, value);
    // An option that is not taken is a wall that is not there.
    if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
}

}  // namespace sluice::notification::curl
