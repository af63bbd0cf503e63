// The smallest program that a user could submit.
int main(void) {
    return 0;
}
