// The real clock, and RFC 3339 both ways. Formatting is by hand because every log line does it.
#include "sluice/core/clock.hpp"

namespace sluice {
namespace {

class real_clock final : public clock {
public:
    wall_time now() const override {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
    steady_time steady() const override { return std::chrono::steady_clock::now(); }
};

void put(std::string& out, std::int64_t value, int width) {
    char digits[20];
    for (int i = width; i-- > 0;) {
        digits[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(digits, static_cast<std::size_t>(width));
}

// Takes the next `width` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t width) {
    if (text.size() < width) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(width);
    return value;
}

bool take_char(std::string_view& text, char expected, char other) {
    if (text.empty() || (text.front() != expected && text.front() != other)) return false;
    text.remove_prefix(1);
    return true;
}

// ".123456" as milliseconds; zero when there is no fraction; nullopt for "." alone.
std::optional<int> take_fraction(std::string_view& text) {
    if (text.empty() || text.front() != '.') return 0;
    text.remove_prefix(1);
    int milliseconds = 0;
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (digits < 3) milliseconds = milliseconds * 10 + (text.front() - '0');
        ++digits;
        text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (int i = digits; i < 3; ++i)
        milliseconds *= 10;
    return milliseconds;
}

// What follows the time: "Z", "+02:00", "-00:30"; in minutes east.
std::optional<int> take_offset(std::string_view& text) {
    if (take_char(text, 'Z', 'z')) return 0;
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    const int sign = text.front() == '+' ? 1 : -1;
    text.remove_prefix(1);
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23 || !take_char(text, ':', ':')) return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    return sign * (*hours * 60 + *minutes);
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take_number(text, 4);
    if (!year || !take_char(text, '-', '-')) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take_char(text, '-', '-')) return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{
        std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(*month)),
        std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

}  // namespace

const clock& system_clock() {
    static const real_clock instance;
    return instance;
}

std::string to_rfc3339(wall_time t) {
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(t - day);
    std::string out;
    out.reserve(24);
    put(out, static_cast<int>(date.year()), 4);
    out += '-';
    put(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    put(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    put(out, time.hours().count(), 2);
    out += ':';
    put(out, time.minutes().count(), 2);
    out += ':';
    put(out, time.seconds().count(), 2);
    out += '.';
    put(out, time.subseconds().count(), 3);
    out += 'Z';
    return out;
}

std::optional<wall_time> parse_rfc3339(std::string_view text) {
    const auto date = take_date(text);
    if (!date || !take_char(text, 'T', 't')) return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23 || !take_char(text, ':', ':')) return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59 || !take_char(text, ':', ':')) return std::nullopt;
    const auto seconds = take_number(text, 2);
    if (!seconds || *seconds > 60) return std::nullopt;  // 60: a leap second
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    return wall_time(*date) + std::chrono::hours(*hours) +
           std::chrono::minutes(*minutes - *offset) + std::chrono::seconds(*seconds) +
           std::chrono::milliseconds(*fraction);
}

}  // namespace sluice
