/* SPDX-License-Identifier: Apache-2.0 */
#include "process/sandbox/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whom a call is for: every process, or those that may do one of these things (enum sandbox_may). */
enum {
    CAPTURE = SANDBOX_CAPTURE,
    TAKE = SANDBOX_SNAPSHOTS,
    FILES = SANDBOX_FILES,
    NET = SANDBOX_NETWORK,
    PARENT = SANDBOX_PARENT,
    LIBS = SANDBOX_LIBRARIES,
    EVERY = SANDBOX_ALL + 1,
};

enum { CONDITIONS_MAX = 2 };

/* What the first argument of a call must be, where that is known only in the process itself. */
enum first { ANYTHING, TO_SELF, TO_LOG, TO_BELL };

struct call {
    int number;
    unsigned who;                             /* any of these */
    unsigned unless;                          /* any of these have a wider row for the same call */
    int answer;                               /* errno given instead of running the call; 0: it runs */
    enum first to;                            /* what it is for, by its first argument */
    struct scmp_arg_cmp when[CONDITIONS_MAX]; /* all must hold; the last has operator 0 */
    const char *why;
};

#define EQUAL(n, value)                                                                                      \
    { n, SCMP_CMP_EQ, value, 0 }
#define BITS(n, mask, value)                                                                                 \
    { n, SCMP_CMP_MASKED_EQ, mask, value }
#define CALL(name) .number = SCMP_SYS(name)

enum { SOCKET_TYPE = 0xf, NO_NEW_SPACES = 0x7e020000 | CLONE_VM | CLONE_THREAD | CLONE_PTRACE };

/* clang-format off */
static const struct call calls[] = {
    /* packets, records, messages */
    {CALL(read),            EVERY,          .why = "capture files, the reporter's signals and bell"},
    {CALL(pread64),         CAPTURE | FILES, .why = "capture files; the card's own drop counters, opened before"},
    {CALL(lseek),           CAPTURE | FILES, .why = "place in a capture file"},
    {CALL(write),           FILES | NET | PARENT, .why = "log lines, outputs"},
    {CALL(write),           EVERY,          .unless = FILES | NET | PARENT, .to = TO_LOG, .why = "log lines"},
    {CALL(write),           EVERY,          .unless = FILES | NET | PARENT, .to = TO_BELL, .why = "the bell"},
    {CALL(close),           EVERY,          .why = "capture files that were read; outputs"},
    {CALL(poll),            EVERY,          .why = "wait for packets or work"},
    {CALL(ppoll),           EVERY,          .why = "the same, on processors without poll"},
    {CALL(getsockopt),      CAPTURE | NET,  .why = "drops counted by the kernel; result of a connect"},
    {CALL(fstat),           EVERY,          .why = "stdio, size of what is open"},
    {CALL(newfstatat),      EVERY,          .unless = FILES, .when = {BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH)}, .why = "fstat of the C library"},
    {CALL(openat),          CAPTURE,        .unless = FILES, .answer = EACCES, .why = "pcap_stats() looks into /sys; it lives without"},
    {CALL(openat),          LIBS,           .unless = FILES, .answer = EACCES, .why = "time zones, character sets: libraries live without"},
    {CALL(access),          LIBS,           .unless = FILES, .answer = EACCES, .why = "the same"},
    {CALL(readlink),        LIBS,           .unless = FILES, .answer = EACCES, .why = "the same"},
    {CALL(stat),            LIBS,           .unless = FILES, .answer = EACCES, .why = "the same"},
    {CALL(setitimer),       LIBS,           .why = "the kernel ends it when a file takes too long"},
    /* memory */
    {CALL(brk),             EVERY,          .why = "malloc"},
    {CALL(mmap),            EVERY,          .unless = NET, .when = {BITS(2, PROT_EXEC, 0)}, .why = "malloc; nothing that could be executed"},
    {CALL(mprotect),        EVERY,          .unless = NET, .when = {BITS(2, PROT_EXEC, 0)}, .why = "malloc; nothing that could be executed"},
    {CALL(mmap),            NET,            .why = "malloc; modules of the name service; snapshots"},
    {CALL(mprotect),        NET,            .why = "modules of the name service"},
    {CALL(munmap),          EVERY,          .why = "free"},
    {CALL(mremap),          EVERY,          .why = "realloc"},
    {CALL(madvise),         EVERY,          .why = "free"},
    {CALL(getrandom),       EVERY,          .why = "keys of hash tables and of TLS, some of them on first use"},
    {CALL(sysinfo),         EVERY,          .why = "qsort asks once how much memory there is"},
    /* time and waiting */
    {CALL(clock_gettime),   EVERY,          .why = "clock, where the kernel's page does not answer"},
    {CALL(gettimeofday),    EVERY,          .why = "the same"},
    {CALL(time),            EVERY,          .why = "the same"},
    {CALL(clock_nanosleep), FILES,          .why = "waiting for a lock on a file"},
    {CALL(futex),           EVERY,          .why = "room in a ring; once-only initialisation in libraries"},
    {CALL(restart_syscall), EVERY,          .why = "a wait goes on after SIGCONT"},
    /* the process itself */
    {CALL(rt_sigreturn),    EVERY,          .why = "end of a signal handler"},
    {CALL(rt_sigprocmask),  EVERY,          .why = "abort()"},
    {CALL(rt_sigaction),    NET | PARENT,   .why = "children set theirs before they close; SIGPIPE in the reporter"},
    {CALL(getpid),          EVERY,          .why = "abort()"},
    {CALL(gettid),          EVERY,          .why = "abort()"},
    {CALL(tgkill),          EVERY,          .unless = PARENT, .to = TO_SELF, .why = "abort(), of this process alone"},
    {CALL(tgkill),          PARENT,         .why = "the same for its children"},
    {CALL(exit_group),      EVERY,          .why = "the end"},
    {CALL(exit),            EVERY,          .why = "the end"},
    /* the reporter's files, below the folders that Landlock leaves open */
    {CALL(openat),          FILES,          .why = "outputs after SIGHUP; resolver; configuration at a reload"},
    {CALL(newfstatat),      FILES,          .why = "what kind of file it is"},
    {CALL(statx),           FILES,          .why = "the same"},
    {CALL(stat),            FILES,          .why = "the same"},
    {CALL(lstat),           FILES,          .why = "the same"},
    {CALL(access),          FILES,          .why = "is a file there"},
    {CALL(faccessat),       FILES,          .why = "the same"},
    {CALL(faccessat2),      FILES,          .why = "the same"},
    {CALL(readlink),        FILES,          .why = "where a path leads"},
    {CALL(readlinkat),      FILES,          .why = "the same"},
    {CALL(getcwd),          FILES,          .why = "relative paths of the configuration"},
    {CALL(getdents64),      FILES,          .why = "folders of rules"},
    {CALL(fcntl),           FILES | NET,    .why = "flags, locks, seals"},
    {CALL(pwrite64),        FILES,          .why = "database"},
    {CALL(fsync),           FILES,          .why = "database"},
    {CALL(fdatasync),       FILES,          .why = "database"},
    {CALL(ftruncate),       FILES,          .why = "database; size of a snapshot"},
    {CALL(unlink),          FILES,          .why = "database's journal"},
    {CALL(unlinkat),        FILES,          .why = "the same"},
    {CALL(rename),          FILES,          .why = "a damaged database is set aside, a new one gets its name"},
    {CALL(renameat),        FILES,          .why = "the same"},
    {CALL(renameat2),       FILES,          .why = "the same"},
    {CALL(mkdir),           FILES,          .why = "the database's folder, which is there already"},
    {CALL(mkdirat),         FILES,          .why = "the same"},
    {CALL(umask),           FILES,          .why = "nobody else may read the database"},
    {CALL(fchmod),          FILES,          .why = "database's journal is as private as the database"},
    {CALL(dup),             FILES,          .why = "output files that were opened before the sandbox closed"},
    /* the reporter's receivers */
    {CALL(socket),          NET,            .when = {EQUAL(0, AF_UNIX)}, .why = "/dev/log; name service"},
    {CALL(socket),          NET,            .when = {EQUAL(0, AF_INET), BITS(1, SOCKET_TYPE, SOCK_STREAM)}, .why = "TCP receivers"},
    {CALL(socket),          NET,            .when = {EQUAL(0, AF_INET), BITS(1, SOCKET_TYPE, SOCK_DGRAM)}, .why = "UDP, DNS"},
    {CALL(socket),          NET,            .when = {EQUAL(0, AF_INET6), BITS(1, SOCKET_TYPE, SOCK_STREAM)}, .why = "TCP receivers"},
    {CALL(socket),          NET,            .when = {EQUAL(0, AF_INET6), BITS(1, SOCKET_TYPE, SOCK_DGRAM)}, .why = "UDP, DNS"},
    {CALL(socket),          NET,            .when = {EQUAL(0, AF_NETLINK), EQUAL(2, 0)}, .why = "getaddrinfo sorts by our addresses"},
    {CALL(connect),         NET,            .why = "receivers"},
    {CALL(bind),            NET,            .why = "getaddrinfo's netlink socket; Landlock refuses TCP ports"},
    {CALL(sendto),          NET,            .why = "messages, questions to the resolver"},
    {CALL(sendmsg),         NET,            .why = "the same"},
    {CALL(sendmmsg),        NET,            .why = "two questions to the resolver at once"},
    {CALL(recvfrom),        NET,            .why = "answers"},
    {CALL(recvmsg),         TAKE | NET,     .why = "answers; a new snapshot's descriptor"},
    {CALL(getsockname),     CAPTURE | NET,  .why = "libpcap looks which interface it is, once that went down; getaddrinfo"},
    {CALL(getpeername),     NET,            .why = "is a connection made"},
    {CALL(setsockopt),      NET,            .why = "keep-alive, buffers"},
    {CALL(shutdown),        NET,            .why = "end of a connection"},
    {CALL(epoll_create1),   NET,            .why = "libmicrohttpd waits for the callers of the metrics"},
    {CALL(epoll_ctl),       NET,            .why = "the same"},
    {CALL(epoll_wait),      NET,            .why = "the same"},
    {CALL(epoll_pwait),     NET,            .why = "the same, on processors without epoll_wait"},
    {CALL(accept4),         NET,            .why = "who asks over the control and metrics sockets, which were opened before"},
    {CALL(ioctl),           NET,            .when = {EQUAL(1, TIOCOUTQ)}, .why = "bytes that a receiver has not confirmed"},
    {CALL(ioctl),           NET,            .when = {EQUAL(1, FIONREAD)}, .why = "size of the resolver's answer"},
    {CALL(ioctl),           CAPTURE | NET,  .when = {EQUAL(1, SIOCGIFFLAGS)}, .why = "is the interface up, or gone"},
    {CALL(ioctl),           NET,            .when = {EQUAL(1, SIOCETHTOOL)}, .why = "are its offloads off; to change them takes a capability"},
    {CALL(ioctl),           FILES,          .when = {EQUAL(1, TCGETS)}, .why = "is it a terminal"},
    {CALL(getuid),          NET,            .why = "name service, libraries"},
    {CALL(geteuid),         NET,            .why = "the same"},
    {CALL(getgid),          NET,            .why = "the same"},
    {CALL(getegid),         NET,            .why = "the same"},
    {CALL(uname),           NET,            .why = "resolver"},
    {CALL(prlimit64),       NET | PARENT,   .why = "limits of a child, asked for or lowered"},
    /* getaddrinfo_a() asks the resolver in a thread */
    {CALL(clone3),          NET,            .answer = ENOSYS, .why = "its flags cannot be seen here; the C library turns to clone"},
    {CALL(clone),           NET,            .when = {BITS(0, NO_NEW_SPACES, CLONE_VM | CLONE_THREAD)}, .why = "a thread, no process"},
    {CALL(set_robust_list), NET,            .why = "a new thread or process"},
    {CALL(rseq),            NET,            .why = "a new thread"},
    {CALL(sched_yield),     NET,            .why = "end of a thread"},
    /* the supervisor's children, from their first step until they close their own sandbox */
    {CALL(clone),           PARENT,         .when = {BITS(0, NO_NEW_SPACES, 0)}, .why = "fork, without threads or namespaces"},
    {CALL(fork),            PARENT,         .why = "the same"},
    {CALL(wait4),           PARENT,         .why = "children that ended"},
    {CALL(kill),            PARENT,         .why = "stop children; those of other users are out of its reach"},
    {CALL(rt_sigtimedwait), PARENT,         .why = "waiting for signals"},
    {CALL(signalfd4),       PARENT,         .why = "the reporter's signals"},
    {CALL(pipe),            PARENT,         .why = "the reporter tells that it is ready"},
    {CALL(pipe2),           PARENT,         .why = "the same"},
    {CALL(getppid),         PARENT,         .why = "a child whose parent ended already ends too"},
    {CALL(prctl),           PARENT,         .why = "death signal, no new privileges, no dumps"},
    {CALL(capset),          PARENT,         .why = "capabilities given up"},
    {CALL(setrlimit),       PARENT,         .why = "limits of a child"},
    {CALL(seccomp),         PARENT,         .why = "a child's own filter"},
    {CALL(landlock_restrict_self), PARENT,  .why = "a child's own files"},
    {CALL(memfd_create),    PARENT,         .why = "a new snapshot"},
    {CALL(sched_getaffinity), PARENT,       .why = "number of processors"},
};
/* clang-format on */

static unsigned count_conditions(const struct call *c) {
    unsigned n = 0;
    while (n < CONDITIONS_MAX && c->when[n].op != 0)
        n++;
    return n;
}

static bool is_allowed(const struct call *c, unsigned may) {
    return c->who & (may | EVERY) && !(c->unless & may);
}

static int add_call(scmp_filter_ctx filter, const struct call *c, int bell) {
    const int firsts[] = {[TO_SELF] = getpid(), [TO_LOG] = STDERR_FILENO, [TO_BELL] = bell};
    uint32_t action = c->answer ? SCMP_ACT_ERRNO((uint16_t)c->answer) : SCMP_ACT_ALLOW;
    if (c->to != ANYTHING && firsts[c->to] < 0)
        return 0;
    const struct scmp_arg_cmp first = EQUAL(0, (scmp_datum_t)firsts[c->to]);
    if (c->to != ANYTHING)
        return seccomp_rule_add_array(filter, action, c->number, 1, &first);
    return seccomp_rule_add_array(filter, action, c->number, count_conditions(c), c->when);
}

/* -EDOM: this processor has no such call. */
static int add_calls(scmp_filter_ctx filter, unsigned may, int bell) {
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (!is_allowed(&calls[i], may))
            continue;
        int status = add_call(filter, &calls[i], bell);
        if (status != 0 && status != -EDOM && status != -EEXIST)
            return status;
    }
    return 0;
}

bool calls_restrict(unsigned may, int bell, struct error *e) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int status = filter ? seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) : -ENOMEM;
    if (status == 0)
        status = add_calls(filter, may, bell);
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status == 0 ||
           error_set(e,
                     "the kernel takes no filter for system calls (seccomp): %s; use a kernel with "
                     "CONFIG_SECCOMP_FILTER, or set sandbox.seccomp: off",
                     strerror(-status));
}

unsigned calls_count(unsigned may) {
    unsigned n = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        bool repeated = false;
        for (size_t k = 0; k < i && !repeated; k++)
            repeated = calls[k].number == calls[i].number && is_allowed(&calls[k], may);
        n += is_allowed(&calls[i], may) && !repeated && calls[i].answer == 0;
    }
    return n;
}
