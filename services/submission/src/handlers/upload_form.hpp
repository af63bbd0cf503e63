// A form with one file in it, read while it comes: the file goes to the storage piece by piece, the
// few text fields are kept.
#pragma once

#include "../app_context.hpp"
#include "../uploads/upload_intake.hpp"

#include "sluice/http/message.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

struct form_text_field {
    std::string_view name;
    std::size_t max_bytes = 0;
};

struct form_rules {
    std::string_view file;  // the file's field; empty: the form has none
    std::vector<form_text_field> texts;
    bool ignores_others = false;  // false: another field is a mistake
};

struct received_form {
    std::map<std::string, std::string, std::less<>> texts;
    std::unique_ptr<upload_intake> file;  // null: there was none
    std::string file_name;
    std::string content_type;
};

// Whoever gets the form keeps its file or abandons it.
awaitable<outcome<received_form>>
receive_form(observe::context ctx, upload_ports& p, http::request request, form_rules rules);

// Stores the form's file, which there must be. `language`: its id, empty when none was said.
awaitable<outcome<upload>> keep_file(received_form& form, std::string language);

}  // namespace sluice::submission
