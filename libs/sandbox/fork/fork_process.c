// A program's parent must be its init, and its number 2. So the server enters the init's pid namespace for its children
// and clones a middle process there, which shares the server's memory while the server stands still; that forks the
// program and ends, and the program is init's. The middle one has a number of its own choice, so that the program's is
// the next in turn.
#define _GNU_SOURCE
#include "fork_process.h"

#include "../take/cold_start.h"
#include "fork_order.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

enum {
    most_text_bytes = 121 << 10,
    middle_number = 30000,  // far from what a program's children get
    landlock_restrict_self = 446,
};

static struct {
    struct fork_order head;
    char texts[most_text_bytes];
} order;
static size_t texts_size;

static int fds[fork_most_fds];
static int fd_count;

static struct sock_filter filter[4096];
static unsigned short filter_length;

static char own_texts[16 << 10];
static size_t own_size;
static uint32_t own_argc, own_envc;

static volatile int middle_errno;
static void* robust_list;
static size_t robust_list_size;

static uint32_t note_texts(char** list) {
    uint32_t count = 0;
    for (; list[count] != NULL; ++count) {
        const size_t size = strlen(list[count]) + 1;
        if (own_size + size > sizeof own_texts) _exit(1);
        memcpy(own_texts + own_size, list[count], size);
        own_size += size;
    }
    return count;
}

// Of the command that the server was started with.
static int note_arguments(void) {
    static char text[4096];
    const int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    const ssize_t size = file < 0 ? -1 : read(file, text, sizeof text);
    if (file >= 0) close(file);
    if (size <= 0 || size == (ssize_t)sizeof text) return -1;
    memcpy(own_texts, text, (size_t)size);
    own_size = (size_t)size;
    for (ssize_t i = 0; i < size; ++i)
        own_argc += text[i] == '\0';
    return 0;
}

void become_server(void) {
    const ssize_t size = pread(fork_filter_fd, filter, sizeof filter, 0);
    if (size <= 0 || (size_t)size % sizeof filter[0] != 0) _exit(1);
    filter_length = (unsigned short)((size_t)size / sizeof filter[0]);
    close(fork_filter_fd);
    close(fork_library_fd);
    // The permitted set stays; what goes is that an exec could ever give one.
    for (int capability = 0; capability < 64; ++capability)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) break;
    if (note_arguments() < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
        fcntl(fork_orders_fd, F_SETFD, FD_CLOEXEC) < 0 ||
        syscall(SYS_get_robust_list, 0, &robust_list, &robust_list_size) < 0) {
        _exit(1);
    }
    own_envc = note_texts(environ);
}

const char* order_texts(void) {
    return order.texts;
}

size_t order_size(void) {
    return texts_size;
}

int order_argc(void) {
    return (int)order.head.argc;
}

int order_has_input(void) {
    return order.head.has_input != 0;
}

int has_own_texts(void) {
    return order.head.argc == own_argc && order.head.envc == own_envc && texts_size == own_size &&
           memcmp(order.texts, own_texts, own_size) == 0;
}

static int is_whole(ssize_t size) {
    if (size < (ssize_t)sizeof order.head) return 0;
    texts_size = (size_t)size - sizeof order.head;
    uint32_t texts = 0;
    for (size_t i = 0; i < texts_size; ++i)
        texts += order.texts[i] == '\0';
    return order.head.magic == fork_order_magic && order.head.argc > 0 && order.texts[texts_size - 1] == '\0' &&
           texts == order.head.argc + order.head.envc && order.head.uid != 0 &&
           fd_count == fork_with_more + (order.head.has_landlock != 0) + (order.head.has_cgroup != 0);
}

// 1 with an order, 0 when nobody will send one any more.
static int receive_order(void) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof fds)];
    } rights;
    struct iovec whole = {&order, sizeof order};
    struct msghdr message = {
        .msg_iov = &whole,
        .msg_iovlen = 1,
        .msg_control = &rights,
        .msg_controllen = sizeof rights};
    ssize_t size;
    do {
        size = recvmsg(fork_orders_fd, &message, MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    if (size <= 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return 0;
    const struct cmsghdr* first = CMSG_FIRSTHDR(&message);
    fd_count = first == NULL ? 0 : (int)((first->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    if (first != NULL) memcpy(fds, CMSG_DATA(first), (size_t)fd_count * sizeof(int));
    return is_whole(size);
}

static void say(int has_started, int error_number) {
    const struct fork_answer answer = {
        fork_order_magic,
        (uint32_t)has_started,
        has_started ? (int32_t)getpid() : -1,
        error_number};
    if (send(fds[fork_with_answer], &answer, sizeof answer, MSG_NOSIGNAL) < 0 && has_started) _exit(127);
}

static void must(long result) {
    if (result >= 0) return;
    say(0, errno);
    _exit(127);
}

// The C library registers both once, for the process that it starts with. The middle one had neither.
static void register_thread(void) {
    syscall(SYS_set_robust_list, robust_list, robust_list_size);
    char* const area = (char*)__builtin_thread_pointer() + __rseq_offset;
    if (__rseq_size != 0) syscall(SYS_rseq, area, __rseq_size < 32 ? 32 : __rseq_size, 0, RSEQ_SIG);
}

// In a full cgroup the kernel ends the program first. Raising needs no right.
static void offer_to_memory_killer(void) {
    const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    must(file);
    must(write(file, "1000", 4));
    close(file);
}

// As job.cpp has them, with what an exec would have done besides.
static void become_program(void) {
    register_thread();
    signal(SIGCHLD, SIG_DFL);
    offer_to_memory_killer();
    must(setns(fds[fork_with_init], CLONE_NEWNS | CLONE_NEWIPC));
    must(chdir("/box"));
    must(setsid());
    umask(022);
    setpriority(PRIO_PROCESS, 0, 0);
    for (int i = 0; i < fork_limit_count; ++i) {
        const struct fork_limit* limit = &order.head.limits[i];
        const struct rlimit both = {limit->soft, limit->hard};
        must(setrlimit((__rlimit_resource_t)limit->resource, &both));
    }
    const uid_t uid = order.head.uid;
    must(setgroups(0, NULL));
    must(setresgid(uid, uid, uid));
    must(setresuid(uid, uid, uid));
    // A change of ids hides a process from itself, an exec shows it again.
    must(prctl(PR_SET_DUMPABLE, 1));
    if (order.head.has_landlock) must(syscall(landlock_restrict_self, fds[fork_with_more], 0));
    must(dup2(fds[fork_with_input], 0));
    must(dup2(fds[fork_with_output], 1));
    must(dup2(fds[fork_with_errors], 2));
    const struct sock_fprog program = {filter_length, filter};
    must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
    // The middle process is about to end; then init is the parent, and nobody else is to be seen.
    while (kill(middle_number, 0) == 0 || errno != ESRCH)
        sched_yield();
    say(1, 0);
    close_range(3, ~0U, 0);
}

// Without the C library's wrapper: its return address would be gone for the second return.
static inline __attribute__((always_inline)) long clone_now(const struct clone_args* arguments) {
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"((long)SYS_clone3), "D"(arguments), "S"(sizeof *arguments)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long number __asm__("x8") = SYS_clone3;
    register long first __asm__("x0") = (long)arguments;
    register long second __asm__("x1") = (long)sizeof *arguments;
    __asm__ volatile("svc 0" : "+r"(first) : "r"(number), "r"(second) : "memory");
    return first;
#endif
}

// Returns in the program only.
static __attribute__((noinline)) void be_middle(void) {
    const pid_t program = fork();
    if (program == 0) return;
    middle_errno = program < 0 ? errno : 0;
    _exit(0);
}

static struct clone_args how;

// 1 in the program; in the server the middle one's number, or less than 0. Nothing may live in this frame but what the
// compiler keeps for both returns, since the middle process uses the same stack.
static __attribute__((noinline)) long clone_middle(void) {
    const long middle = clone_now(&how);
    if (middle != 0) return middle;
    be_middle();
    return 1;
}

// True in the program.
static int make_program(void) {
    static pid_t number = middle_number;
    memset(&how, 0, sizeof how);
    how.flags = CLONE_VM | CLONE_VFORK;
    how.exit_signal = SIGCHLD;
    how.set_tid = (uintptr_t)&number;
    how.set_tid_size = 1;
    if (order.head.has_cgroup) {
        how.flags |= CLONE_INTO_CGROUP;
        how.cgroup = (unsigned)fds[fork_with_more + (order.head.has_landlock != 0)];
    }
    if (setns(fds[fork_with_init], CLONE_NEWPID) < 0) {
        say(0, errno);
        return 0;
    }
    middle_errno = ECHILD;
    const long middle = clone_middle();
    if (middle == 1) return 1;
    if (middle < 0) {
        say(0, (int)-middle);
        return 0;
    }
    if (middle_errno != 0) say(0, middle_errno);
    return 0;
}

void serve_orders(void) {
    signal(SIGCHLD, SIG_IGN);  // the kernel reaps the middle processes
    if (send(fork_orders_fd, "r", 1, MSG_NOSIGNAL) != 1) _exit(1);
    while (receive_order()) {
        if (make_program()) {
            become_program();
            return;
        }
        for (int i = 0; i < fd_count; ++i)
            close(fds[i]);
    }
    _exit(0);
}

void become_cold(void) {
    start_cold(order.texts, order.head.argc, order.head.envc);
    _exit(127);
}
