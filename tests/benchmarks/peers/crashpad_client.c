/* The smallest client of a Crashpad handler: send its two messages, wait, die.
 *
 * Crashpad's own client library is in no package, so this speaks the protocol of
 * --initial-client-fd itself: one SOCK_SEQPACKET, credentials with each request.
 * Built and loaded by tests/benchmarks/peers/build.py.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CRASH_REQUEST = 1, SET_PTRACER = 1, DUMP_COMPLETE = 3 };

#pragma pack(push, 1)
struct exception_information {
    uint64_t siginfo, context;
    int32_t tid;
};
struct request {
    int32_t version;
    uint32_t type;
    uint64_t stack, information, sanitization, crash_loop;
};
struct answer {
    uint32_t type;
    int32_t pid;
};
#pragma pack(pop)

static int handler_socket, stamps;
static size_t request_bytes;
static char alternate[65536];
/* The handler checks the size of what it gets; sentry's has a path in the union. */
static char message[8192];

static long long now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static void send_with_credentials(const void *data, size_t size) {
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct ucred mine = {getpid(), geteuid(), getegid()};
    struct iovec part = {(void *)data, size};
    struct msghdr all = {.msg_iov = &part, .msg_iovlen = 1,
                         .msg_control = &control, .msg_controllen = sizeof control};
    memset(&control, 0, sizeof control);
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_CREDENTIALS;
    control.head.cmsg_len = CMSG_LEN(sizeof mine);
    memcpy(CMSG_DATA(&control.head), &mine, sizeof mine);
    sendmsg(handler_socket, &all, MSG_NOSIGNAL);
}

static void on_fault(int number, siginfo_t *about, void *context) {
    long long begun = now();
    struct exception_information information = {
        (uint64_t)about, (uint64_t)context, (int32_t)syscall(SYS_gettid)};
    struct request *ask = (struct request *)message;
    ask->version = 1;
    ask->type = CRASH_REQUEST;
    ask->stack = (uint64_t)__builtin_frame_address(0);
    ask->information = (uint64_t)&information;
    send_with_credentials(message, request_bytes);
    struct answer answer = {0, 0};
    while (recv(handler_socket, &answer, sizeof answer, 0) == (ssize_t)sizeof answer) {
        if (answer.type != SET_PTRACER)
            break;
        int32_t failed = prctl(PR_SET_PTRACER, answer.pid, 0, 0, 0);
        send(handler_socket, &failed, sizeof failed, MSG_NOSIGNAL);
    }
    char line[96];
    int size = snprintf(line, sizeof line, "%s %lld %lld\n",
                        answer.type == DUMP_COMPLETE ? "done" : "failed", begun, now());
    write(stamps, line, (size_t)size);
    signal(number, SIG_DFL);
    raise(number);
}

/* Connect this process; each crash writes "done BEGUN FINISHED" in ns to stamp_fd. */
int arm(int socket_fd, int message_bytes, int stamp_fd) {
    handler_socket = socket_fd;
    request_bytes = (size_t)message_bytes;
    stamps = stamp_fd;
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&stack, NULL);
    return sigaction(SIGSEGV, &action, NULL);
}
