// A blocking HTTP/1.1 client for one keep-alive connection on loopback, small enough that it costs
// next to nothing beside what it measures. Only what the load generator needs: POST with a body,
// answer with Content-Length.
#pragma once

#include <string>
#include <string_view>

namespace sluice::bench {

struct http_answer {
    int status = 0;  // 0: the connection failed
    std::string body;
};

class http_client {
public:
    http_client(std::string host, int port) : host_(std::move(host)), port_(port) {}
    ~http_client();
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;

    http_answer post(std::string_view target, std::string_view token, std::string_view json);

private:
    bool connect();
    bool read_more();
    void close();

    std::string host_;
    int port_;
    int fd_ = -1;
    std::string buffer_;
};

// A connected TCP socket to a numeric address, or -1.
int connect_loopback(const std::string& host, int port);
bool send_all(int fd, std::string_view bytes);

}  // namespace sluice::bench
