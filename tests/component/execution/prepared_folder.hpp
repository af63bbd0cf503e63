// What a language file prepares, made for a test alone and removed with it.
#pragma once

#include "machine.hpp"

#include "sluice/languages/prepare.hpp"

#include <sys/stat.h>

#include <filesystem>

namespace sluice::execution::real {

class prepared_folder {
public:
    explicit prepared_folder(const std::string& language) {
        // Not in /tmp, which is the run's own inside a sandbox.
        std::string name = "/var/tmp/sluice-prepared-XXXXXX";
        root_ = ::mkdtemp(name.data());
        ::chmod(root_.c_str(), 0755);  // the slots' users have to pass
        for (const auto& l : must(languages::load_catalogue(config().worker.languages_folder))) {
            if (l.id == language) must(languages::prepare(l, root_));
        }
    }
    ~prepared_folder() { std::filesystem::remove_all(root_); }
    prepared_folder(const prepared_folder&) = delete;
    prepared_folder& operator=(const prepared_folder&) = delete;

    const std::string& root() const { return root_; }

private:
    std::string root_;
};

}  // namespace sluice::execution::real
