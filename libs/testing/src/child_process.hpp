// One server process of a test: started as another user when we are root, its output in a log file,
// ended by its pid, and killed by the kernel should the test itself die.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace sluice::testing {

struct child_command {
    std::string user;  // whom to become when we are root
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;
    std::string log_file;
};

class child_process {
public:
    // Starts the command and waits until `ready_text` appears in its log; throws with the log
    // otherwise.
    child_process(const child_command& command, const std::string& ready_text);
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    // Sends the signal and waits for the end.
    void end(int signal);
    // SIGKILL to it and to its children, which would go on answering; returns when all are gone.
    void kill_with_children();

private:
    pid_t pid_ = -1;
};

// Runs to the end; throws with the log unless the exit code is 0.
void run_to_end(const child_command& command);

// A port that nobody listens on just now.
int free_loopback_port();

// A fresh folder under the system's temporary one, given to `user` when we are root; removed at the
// end.
class temporary_folder {
public:
    explicit temporary_folder(const std::string& user);
    ~temporary_folder();
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    const std::string& path() const { return path_; }
    std::string make_folder(const std::string& name) const;
    std::string write_file(const std::string& name, const std::string& text, unsigned mode) const;

private:
    std::string path_;
    std::string user_;
};

}  // namespace sluice::testing
