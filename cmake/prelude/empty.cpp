// A precompiled header needs a target, and a target a source file.
int main() {
    return 0;
}
