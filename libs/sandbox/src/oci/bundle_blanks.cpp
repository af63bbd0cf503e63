// Numbers into a template.
#include "bundle_blanks.hpp"

#include <string_view>

namespace sluice::sandbox::oci {

namespace {

void replace_all(std::string& text, std::string_view blank, std::string_view value) {
    for (std::size_t at = 0; (at = text.find(blank, at)) != std::string::npos; at += value.size()) {
        text.replace(at, blank.size(), value);
    }
}

}  // namespace

std::string fill_in(std::string text, const blank_values& values) {
    replace_all(text, blank_init_uid, std::to_string(values.init_uid));
    replace_all(text, blank_job_uid, std::to_string(values.job_uid));
    replace_all(text, blank_memory, std::to_string(values.memory_bytes));
    replace_all(text, blank_tasks, std::to_string(values.tasks));
    replace_all(text, blank_disk, std::to_string(values.disk_bytes));
    replace_all(text, blank_inodes, std::to_string(values.inodes));
    replace_all(text, blank_cgroup, values.cgroup_path);
    return text;
}

}  // namespace sluice::sandbox::oci
