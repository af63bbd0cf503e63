// What a C program may use of the system, a line for each; "overflow" recurses without end.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define CHECK(what)                                                       \
    do {                                                                  \
        if (!(what)) {                                                    \
            printf("%s: %s fails: %s\n", __func__, #what, strerror(errno)); \
            return;                                                       \
        }                                                                 \
    } while (0)

extern char** environ;

enum { thread_count = 32, file_count = 1000 };
static pthread_barrier_t barrier;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long thread_sum;
static __thread long own;

static void* add(void* argument) {
    pthread_barrier_wait(&barrier);  // ends only if all of them run at once
    for (int i = 0; i < 1000; ++i) own += (long)(intptr_t)argument;
    pthread_mutex_lock(&mutex);
    thread_sum += own;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void threads(void) {
    pthread_t all[thread_count];
    pthread_barrier_init(&barrier, NULL, thread_count);
    for (int i = 0; i < thread_count; ++i) {
        CHECK(pthread_create(&all[i], NULL, add, (void*)(intptr_t)i) == 0);
    }
    for (int i = 0; i < thread_count; ++i) pthread_join(all[i], NULL);
    printf("threads: %ld\n", thread_sum);
}

static void subprocesses(void) {
    int codes = 0;
    for (int i = 1; i <= 16; ++i) {
        const pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) _exit(i);
    }
    for (int status; wait(&status) > 0;) codes += WEXITSTATUS(status);
    char line[64] = "";
    FILE* pipe = popen("printf 'one two' | tr a-z A-Z | sed 's/ /-/'", "r");
    CHECK(pipe && fgets(line, sizeof line, pipe));
    const int piped = pclose(pipe);
    pid_t pid = 0;
    char* argv[] = {"sh", "-c", "kill -TERM $$", NULL};
    CHECK(posix_spawnp(&pid, "sh", NULL, NULL, argv, environ) == 0);
    int status = 0;
    waitpid(pid, &status, 0);
    printf("subprocesses: %d %s %d %d %d\n", codes, line, piped, WTERMSIG(status),
           WEXITSTATUS(system("exit 3")));
}

static void memory(void) {
    const size_t size = 128 << 20;
    unsigned char* block = malloc(size);
    CHECK(block);
    for (size_t i = 0; i < size; i += 4096) block[i] = (unsigned char)(i >> 12);
    block = realloc(block, size + (16 << 20));
    CHECK(block);
    unsigned long sum = 0;
    for (size_t i = 0; i < size; i += 4096) sum += block[i];
    free(block);
    // Address space costs nothing until it is used; garbage collectors take it by the gigabyte.
    char* reserved = mmap(NULL, (size_t)16 << 30, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(reserved != MAP_FAILED);
    CHECK(mprotect(reserved + (8UL << 30), 1 << 20, PROT_READ | PROT_WRITE) == 0);
    reserved[8UL << 30] = 7;
    printf("memory: %lu %d\n", sum, reserved[8UL << 30]);
}

static void locales(void) {
    const char* name = setlocale(LC_ALL, "");
    CHECK(name);
    wchar_t wide[64];
    CHECK(mbstowcs(wide, "Grüße, 世界", 64) != (size_t)-1);
    printf("locale: %s %s %zu %d ", name, nl_langinfo(CODESET), wcslen(wide), wcwidth(wide[7]));
    for (wchar_t* c = wide; *c; ++c) printf("%lc", towupper((wint_t)*c));
    // One that is perhaps not installed, here as outside.
    printf(" %d\n", setlocale(LC_ALL, "xx_YY.UTF-8") == NULL);
    setlocale(LC_ALL, "C");
}

static void print_time(const char* zone, time_t when) {
    char text[64];
    if (zone) setenv("TZ", zone, 1);
    tzset();
    struct tm parts;
    strftime(text, sizeof text, "%H:%M %Z", localtime_r(&when, &parts));
    printf(" %s,", text);
}

static void time_zones(void) {
    printf("time zones:");
    print_time(NULL, 1700000000);  // TZ as it was given
    print_time("America/New_York", 1700000000);
    print_time("America/New_York", 1690000000);
    print_time("Australia/Lord_Howe", 1700000000);
    printf(" %d\n", time(NULL) > 1700000000);
}

static void urandom(void) {
    unsigned char a[64], b[64], c[64];
    const int fd = open("/dev/urandom", O_RDONLY);
    CHECK(fd >= 0 && read(fd, a, 64) == 64 && read(fd, b, 64) == 64);
    close(fd);
    const int other = open("/dev/random", O_RDONLY);
    CHECK(other >= 0 && read(other, c, 64) == 64);
    close(other);
    const int differ = memcmp(a, b, 64) != 0 && memcmp(b, c, 64) != 0;
    CHECK(getrandom(c, 64, 0) == 64);
    printf("urandom: %d %d\n", differ, memcmp(a, c, 64) != 0);
}

static void temporary_files(void) {
    char name[] = "/tmp/system-XXXXXX", folder[] = "/tmp/folder-XXXXXX", path[64], moved[64];
    const int fd = mkstemp(name);
    CHECK(fd >= 0 && ftruncate(fd, 8 << 20) == 0 && pwrite(fd, "end", 3, (8 << 20) - 3) == 3);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CHECK(fcntl(fd, F_SETLK, &lock) == 0);
    char* map = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED && memcmp(map + (8 << 20) - 3, "end", 3) == 0);
    CHECK(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/soft", folder);
    snprintf(moved, sizeof moved, "%s/hard", folder);
    CHECK(symlink(name, path) == 0 && link(name, moved) == 0);
    struct stat info;
    CHECK(stat(path, &info) == 0);
    const int links = (int)info.st_nlink;
    CHECK(rename(moved, path) == 0 || unlink(moved) == 0);
    CHECK(unlink(path) == 0 || errno == ENOENT);
    CHECK(unlink(name) == 0 && rmdir(folder) == 0);
    FILE* nameless = tmpfile();
    CHECK(nameless && fputs("text", nameless) >= 0 && fclose(nameless) == 0);
    const int unnamed = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    CHECK(unnamed >= 0);
    CHECK(mkdir("made", 0700) == 0 && rmdir("made") == 0);  // in the working folder
    const char* wanted = getenv("TMPDIR");
    printf("temporary files: %lld %d %s %o\n", (long long)info.st_size, links, wanted, umask(022));
}

static void open_files(void) {
    static int all[file_count];
    char folder[] = "/tmp/many-XXXXXX", path[64];
    CHECK(mkdtemp(folder));
    long sum = 0;
    for (int i = 0; i < file_count; ++i) {
        snprintf(path, sizeof path, "%s/%d", folder, i);
        all[i] = open(path, O_RDWR | O_CREAT, 0600);
        CHECK(all[i] >= 0 && pwrite(all[i], &i, sizeof i, 0) == sizeof i);
    }
    for (int i = 0; i < file_count; ++i) {
        int value = 0;
        CHECK(pread(all[i], &value, sizeof value, 0) == sizeof value);
        sum += value;
        close(all[i]);
    }
    printf("open files: %ld\n", sum);
}

static char* stack_top;
static size_t deepest;

static __attribute__((noinline)) long descend(size_t until, long depth) {
    volatile char frame[1024];
    frame[0] = (char)depth;
    deepest = (size_t)(stack_top - (char*)frame);
    if (deepest >= until) return depth;
    return descend(until, depth + 1) + (frame[0] - (char)depth);
}

static void recursion(void) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_STACK, &limit) == 0);
    // Arguments and environment lie on the stack too, and a guard below it.
    const size_t until = (size_t)limit.rlim_cur - (1 << 20);
    const long depth = descend(until, 0);
    printf("recursion: %llu %d %d\n", (unsigned long long)limit.rlim_cur >> 20, depth > 10000,
           deepest >= until);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signal) {
    alarms += signal == SIGALRM;
}

static void signals(void) {
    // A program starts with no signal blocked or ignored. Not looked at are libc's own two, 32 and
    // 33: the bare one is started by posix_spawn, which leaves them ignored.
    char line[256];
    FILE* status = fopen("/proc/self/status", "r");
    CHECK(status);
    printf("signals:");
    while (fgets(line, sizeof line, status)) {
        if (strncmp(line, "SigBlk", 6) == 0 || strncmp(line, "SigIgn", 6) == 0) {
            printf(" %llx", strtoull(line + 8, NULL, 16) & ~0x180000000ULL);
        }
    }
    fclose(status);
    signal(SIGALRM, count_alarm);
    timer_t timer;
    CHECK(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0);
    const struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    CHECK(timer_settime(timer, 0, &soon, NULL) == 0);
    while (!alarms) sigsuspend(&before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    printf(" %d\n", alarms);
}

static void sharing(void) {
    const int fd = shm_open("/shared", O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
    int* shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    sem_t* done = sem_open("/done", O_CREAT, 0600, 0);
    CHECK(shared != MAP_FAILED && done != SEM_FAILED);
    const pid_t pid = fork();
    if (pid == 0) {
        *shared = 42;
        sem_post(done);
        _exit(0);
    }
    sem_wait(done);
    waitpid(pid, NULL, 0);
    shm_unlink("/shared");
    sem_unlink("/done");
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    const int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(server, (struct sockaddr*)&address, sizeof address) == 0 && listen(server, 1) == 0);
    CHECK(connect(client, (struct sockaddr*)&address, sizeof address) == 0);
    const int accepted = accept(server, NULL, NULL);
    char text[8] = "";
    CHECK(write(client, "hello", 5) == 5 && read(accepted, text, 8) == 5);
    unlink("socket");
    printf("sharing: %d %s\n", *shared, text);
}

static void streams(void) {
    char line[32] = "";
    FILE* in = fopen("/dev/stdin", "r");
    CHECK(in && fgets(line, sizeof line, in));
    line[strcspn(line, "\n")] = 0;
    FILE* out = fopen("/dev/stdout", "w");
    CHECK(out);
    fflush(stdout);
    fprintf(out, "streams: %s %d %d\n", line, isatty(0), isatty(1));
    fclose(out);
    FILE* err = fopen("/dev/stderr", "w");
    CHECK(err);
    fclose(err);
}

int main(int argc, char** argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 && strcmp(argv[1], "overflow") == 0) {
        puts("recursing");
        return (int)descend(SIZE_MAX, 0);
    }
    char here;
    stack_top = &here;
    threads();
    subprocesses();
    memory();
    locales();
    time_zones();
    urandom();
    temporary_files();
    open_files();
    recursion();
    signals();
    sharing();
    streams();
    return argc == 3 ? atoi(argv[2]) : 0;
}
