// One libcurl handle as a value: options that cannot fail silently, headers that live as long as
// they are used, bounds on every transfer. It blocks: use it on a runtime::blocking_pool only.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace sluice::curl {

struct transfer_bounds {
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds timeout{10000};  // of the whole transfer
    std::string ca_file;                       // only these; empty: the system's
};

class easy {
public:
    easy();  // throws std::bad_alloc
    easy(const easy&) = delete;
    easy& operator=(const easy&) = delete;

    // Forgets options, headers and recipients; keeps connections, for the next transfer to the same
    // server.
    void reset();
    // Throws std::runtime_error: an option that is not taken is a wall that is not there.
    template <class T>
    void set(CURLoption option, T value) {
        const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
        if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
    }
    // "Name: value"; "Name;" sends an empty one, "Name:" none.
    void add_header(const std::string& line);
    void add_recipient(const std::string& address);  // of a mail: "<name@host>"
    // Time limits, TLS with verification, no proxy but by a later option, no redirect, no netrc, no
    // protocol but HTTP, or what CURLOPT_PROTOCOLS_STR says afterwards.
    void set_bounds(const transfer_bounds& bounds);

    CURLcode perform();
    long status() const;       // of the answer; 0: there was none
    std::string peer() const;  // its address; empty: there was no connection
    // What went wrong in words.
    std::string failure(CURLcode code) const;

private:
    struct handle_free {
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    };
    struct list_free {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    using list = std::unique_ptr<curl_slist, list_free>;
    static void append(list& to, const std::string& line);

    std::array<char, CURL_ERROR_SIZE> detail_{};
    list headers_, recipients_;
    std::unique_ptr<CURL, handle_free> handle_;
};

}  // namespace sluice::curl
