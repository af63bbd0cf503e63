// What a C++ program may use of the system, a line for each; "overflow" recurses without end.
#include <array>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <locale>
#include <random>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace fs = std::filesystem;

[[gnu::noinline]] long descend(long depth) {
    volatile char frame[1024];
    frame[0] = static_cast<char>(depth);
    if (depth == 0) return 0;
    return 1 + descend(depth - 1) + (frame[0] - static_cast<char>(depth));
}

int main(int, char** argv) {
    if (std::string_view(argv[1]) == "overflow") {
        std::cout << "recursing" << std::endl;
        return static_cast<int>(descend(-1));
    }
    std::barrier together(32);
    std::vector<std::future<int>> all;
    for (int n = 0; n < 32; ++n) {
        all.push_back(std::async(std::launch::async, [&together, n] {
            together.arrive_and_wait();
            return n * 1000;
        }));
    }
    int sum = 0;
    for (auto& each : all) sum += each.get();
    std::cout << "threads " << sum << std::endl;
    std::array<char, 32> line{};
    FILE* pipe = popen("printf 'one two' | tr a-z A-Z", "r");
    const bool has_line = pipe && fgets(line.data(), line.size(), pipe);
    std::cout << "subprocesses " << has_line << line.data() << pclose(pipe) << ' '
              << WEXITSTATUS(std::system("exit 3")) << std::endl;
    std::vector<unsigned char> block(160 << 20, 1);
    long total = 0;
    for (std::size_t i = 0; i < block.size(); i += 4096) total += block[i];
    std::cout << "memory " << total << std::endl;
    std::cout << "locale " << std::locale("").name() << std::endl;
    std::array<char, 32> text{};
    const std::time_t when = 1700000000;
    std::strftime(text.data(), text.size(), "%H:%M %Z", std::localtime(&when));
    std::cout << "time zones " << text.data();
    setenv("TZ", "America/New_York", 1);
    std::strftime(text.data(), text.size(), "%H:%M %Z", std::localtime(&when));
    std::cout << ' ' << text.data() << std::endl;
    std::random_device device("/dev/urandom");
    const auto a = device(), b = device(), c = device(), d = device();
    std::cout << "urandom " << !(a == b && b == c && c == d) << std::endl;
    const fs::path folder = fs::temp_directory_path() / ("system-" + std::to_string(getpid()));
    fs::create_directory(folder);
    std::ofstream(folder / "size") << std::string(8 << 20, 'x');
    fs::create_symlink("size", folder / "link");
    std::cout << "temporary files " << fs::file_size(folder / "link") << std::endl;
    std::vector<std::ofstream> files;
    for (int n = 0; n < 1000; ++n) files.emplace_back(folder / std::to_string(n));
    int good = 0;
    for (auto& file : files) good += file.is_open();
    fs::remove_all(folder);
    std::cout << "open files " << good << std::endl;
    std::cout << "recursion " << descend(50000) << std::endl;  // beyond the usual 8 MiB
    return 5;
}
