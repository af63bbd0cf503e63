// An exception that nobody catches: ends by signal 6.
#include <iostream>
#include <stdexcept>
#include <vector>

int main() {
    std::cout << "before" << std::endl;
    std::vector<int> v{1, 2, 3};
    return v.at(7);
}
