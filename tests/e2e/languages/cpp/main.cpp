// Reads lines "name amount", sums by name with the standard library, in two threads, from two files.
#include "ledger.hpp"

#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>
#include <numeric>

int main(int argc, char** argv) {
    ledger book;
    std::string name;
    long amount = 0;
    while (std::cin >> name >> amount) book.add(name, amount);

    auto total = std::async(std::launch::async, [&] { return book.total(); });
    auto best = std::async(std::launch::async, [&] { return book.best(); });
    std::cout << "total " << total.get() << '\n';
    std::cout << "best " << best.get().value_or("nobody") << '\n';

    std::ofstream("out.txt") << (argc > 1 ? argv[1] : "?") << '-' << std::getenv("MODE");
    std::string back;
    std::ifstream("out.txt") >> back;
    std::cout << back << '\n';
}
