// The service's end of an interactive run: what is typed goes in here, through a pipe or the
// terminal's master, in order and without waiting. Whoever types bounds how much.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/runtime/unique_fd.hpp"
#include "sluice/sandbox/run.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace sluice::sandbox {

// Descriptors of one interactive run. `theirs` and `input` go to init.
struct interaction_ends {
    unique_fd ours, theirs;  // the interaction socket
    unique_fd input;         // pipes: the program's stdin
    unique_fd input_writer;  // pipes
};
result<interaction_ends> make_interaction(interaction how);

class interaction_session : public std::enable_shared_from_this<interaction_session> {
public:
    // `on_terminal` gets a descriptor to read the terminal's output from, once.
    interaction_session(
        asio::any_io_executor executor,
        interaction how,
        interaction_ends ends,
        std::function<void(unique_fd)> on_terminal
    );
    void start(std::string first_input);
    void write(std::string_view bytes);
    void end_input();
    void signal(int number);
    void resize(int cols, int rows);
    // The terminal, when init has sent it and nobody has taken it yet.
    void take_terminal();
    void close();

private:
    void await_terminal();
    void flush();

    interaction how_;
    asio::posix::stream_descriptor socket_;
    asio::posix::stream_descriptor input_;
    std::function<void(unique_fd)> on_terminal_;
    std::deque<std::string> waiting_;
    bool is_ended_ = false;
    bool is_waiting_ = false;
    bool is_closed_ = false;
    int cols_ = 0, rows_ = 0;
};

}  // namespace sluice::sandbox
