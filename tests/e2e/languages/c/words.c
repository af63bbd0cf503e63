/* Counts the words of stdin and prints the most frequent ones, most frequent first. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    char text[64];
    int count;
};

static int by_count(const void* a, const void* b) {
    const struct word* x = a;
    const struct word* y = b;
    if (x->count != y->count) return y->count - x->count;
    return strcmp(x->text, y->text);
}

int main(int argc, char** argv) {
    static struct word words[1000];
    int known = 0;
    char buffer[64];
    while (scanf("%63s", buffer) == 1) {
        for (char* p = buffer; *p; ++p) *p = (char)tolower((unsigned char)*p);
        int i = 0;
        while (i < known && strcmp(words[i].text, buffer) != 0) ++i;
        if (i == known) strcpy(words[known++].text, buffer);
        words[i].count++;
    }
    qsort(words, (size_t)known, sizeof words[0], by_count);
    int top = argc > 1 ? atoi(argv[1]) : 3;
    for (int i = 0; i < top && i < known; ++i) printf("%s %d\n", words[i].text, words[i].count);

    FILE* f = fopen("report.txt", "w");
    if (!f) return 1;
    fprintf(f, "%d different words for %s\n", known, getenv("READER"));
    fclose(f);
    f = fopen("report.txt", "r");
    if (!f || !fgets(buffer, sizeof buffer, f)) return 2;
    fputs(buffer, stdout);
    fclose(f);
    return 0;
}
