/* SPDX-License-Identifier: Apache-2.0 */
#include "process/sandbox/parts.h"

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

/* Who may make a call. What a child may do its supervisor must be allowed too: filters are inherited, and all
 * of them must agree. */
enum {
    S = 1 << SANDBOX_SUPERVISOR,
    W = 1 << SANDBOX_WORKER,
    R = 1 << SANDBOX_REPORTER,
    RS = R | S,
    WRS = W | R | S
};

enum { CONDITIONS_MAX = 2 };

struct call {
    int number;
    unsigned roles;
    int answer;                               /* errno given instead of running the call; 0: it runs */
    bool self_only;                           /* the first argument must be this process */
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
    {CALL(read),            WRS, .why = "capture files, the reporter's signals and bell"},
    {CALL(pread64),         WRS, .why = "the card's own drop counters, opened before"},
    {CALL(lseek),           WRS, .why = "place in a capture file"},
    {CALL(write),           WRS, .why = "log lines, the bell, outputs"},
    {CALL(close),           WRS, .why = "capture files that were read; outputs"},
    {CALL(poll),            WRS, .why = "wait for packets or work"},
    {CALL(ppoll),           WRS, .why = "the same, on processors without poll"},
    {CALL(getsockopt),      WRS, .why = "drops counted by the kernel; result of a connect"},
    {CALL(fstat),           WRS, .why = "stdio, size of what is open"},
    {CALL(newfstatat),      W,   .when = {BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH)}, .why = "fstat of the C library"},
    {CALL(openat),          W,   .answer = EACCES, .why = "pcap_stats() looks into /sys; it lives without"},
    /* memory */
    {CALL(brk),             WRS, .why = "malloc"},
    {CALL(mmap),            W,   .when = {BITS(2, PROT_EXEC, 0)}, .why = "malloc; nothing that could be executed"},
    {CALL(mprotect),        W,   .when = {BITS(2, PROT_EXEC, 0)}, .why = "malloc; nothing that could be executed"},
    {CALL(mmap),            RS,  .why = "malloc; modules of the name service; snapshots"},
    {CALL(mprotect),        RS,  .why = "modules of the name service"},
    {CALL(munmap),          WRS, .why = "free"},
    {CALL(mremap),          WRS, .why = "realloc"},
    {CALL(madvise),         WRS, .why = "free"},
    {CALL(getrandom),       WRS, .why = "keys of hash tables and of TLS, some of them on first use"},
    {CALL(sysinfo),         WRS, .why = "qsort asks once how much memory there is"},
    /* time and waiting */
    {CALL(clock_gettime),   WRS, .why = "clock, where the kernel's page does not answer"},
    {CALL(gettimeofday),    WRS, .why = "the same"},
    {CALL(time),            WRS, .why = "the same"},
    {CALL(clock_nanosleep), RS,  .why = "waiting for a lock on a file"},
    {CALL(futex),           WRS, .why = "room in a ring; once-only initialisation in libraries"},
    {CALL(restart_syscall), WRS, .why = "a wait goes on after SIGCONT"},
    /* the process itself */
    {CALL(rt_sigreturn),    WRS, .why = "end of a signal handler"},
    {CALL(rt_sigprocmask),  WRS, .why = "abort()"},
    {CALL(rt_sigaction),    RS,  .why = "children set theirs before they close; SIGPIPE in the reporter"},
    {CALL(getpid),          WRS, .why = "abort()"},
    {CALL(gettid),          WRS, .why = "abort()"},
    {CALL(tgkill),          W | R, .self_only = true, .why = "abort(), of this process alone"},
    {CALL(tgkill),          S,   .why = "the same for its children"},
    {CALL(exit_group),      WRS, .why = "the end"},
    {CALL(exit),            WRS, .why = "the end"},
    /* the reporter's files, below the folders that Landlock leaves open */
    {CALL(openat),          RS,  .why = "outputs after SIGHUP; resolver; configuration at a reload"},
    {CALL(newfstatat),      RS,  .why = "what kind of file it is"},
    {CALL(statx),           RS,  .why = "the same"},
    {CALL(stat),            RS,  .why = "the same"},
    {CALL(lstat),           RS,  .why = "the same"},
    {CALL(access),          RS,  .why = "is a file there"},
    {CALL(faccessat),       RS,  .why = "the same"},
    {CALL(faccessat2),      RS,  .why = "the same"},
    {CALL(readlink),        RS,  .why = "where a path leads"},
    {CALL(readlinkat),      RS,  .why = "the same"},
    {CALL(getcwd),          RS,  .why = "relative paths of the configuration"},
    {CALL(getdents64),      RS,  .why = "folders of rules"},
    {CALL(fcntl),           RS,  .why = "flags, locks, seals"},
    {CALL(pwrite64),        RS,  .why = "database"},
    {CALL(fsync),           RS,  .why = "database"},
    {CALL(fdatasync),       RS,  .why = "database"},
    {CALL(ftruncate),       RS,  .why = "database; size of a snapshot"},
    {CALL(unlink),          RS,  .why = "database's journal"},
    {CALL(unlinkat),        RS,  .why = "the same"},
    {CALL(rename),          RS,  .why = "a damaged database is set aside, a new one gets its name"},
    {CALL(renameat),        RS,  .why = "the same"},
    {CALL(renameat2),       RS,  .why = "the same"},
    {CALL(mkdir),           RS,  .why = "the database's folder, which is there already"},
    {CALL(mkdirat),         RS,  .why = "the same"},
    {CALL(umask),           RS,  .why = "nobody else may read the database"},
    {CALL(fchmod),          RS,  .why = "database's journal is as private as the database"},
    {CALL(dup),             RS,  .why = "output files that were opened before the sandbox closed"},
    /* the reporter's receivers */
    {CALL(socket),          RS,  .when = {EQUAL(0, AF_UNIX)}, .why = "/dev/log; name service"},
    {CALL(socket),          RS,  .when = {EQUAL(0, AF_INET), BITS(1, SOCKET_TYPE, SOCK_STREAM)}, .why = "TCP receivers"},
    {CALL(socket),          RS,  .when = {EQUAL(0, AF_INET), BITS(1, SOCKET_TYPE, SOCK_DGRAM)}, .why = "UDP, DNS"},
    {CALL(socket),          RS,  .when = {EQUAL(0, AF_INET6), BITS(1, SOCKET_TYPE, SOCK_STREAM)}, .why = "TCP receivers"},
    {CALL(socket),          RS,  .when = {EQUAL(0, AF_INET6), BITS(1, SOCKET_TYPE, SOCK_DGRAM)}, .why = "UDP, DNS"},
    {CALL(socket),          RS,  .when = {EQUAL(0, AF_NETLINK), EQUAL(2, 0)}, .why = "getaddrinfo sorts by our addresses"},
    {CALL(connect),         RS,  .why = "receivers"},
    {CALL(bind),            RS,  .why = "getaddrinfo's netlink socket; Landlock refuses TCP ports"},
    {CALL(sendto),          RS,  .why = "messages, questions to the resolver"},
    {CALL(sendmsg),         RS,  .why = "the same"},
    {CALL(sendmmsg),        RS,  .why = "two questions to the resolver at once"},
    {CALL(recvfrom),        RS,  .why = "answers"},
    {CALL(recvmsg),         WRS, .why = "answers; a new snapshot's descriptor"},
    {CALL(getsockname),     WRS, .why = "libpcap looks which interface it is, once that went down; getaddrinfo"},
    {CALL(getpeername),     RS,  .why = "is a connection made"},
    {CALL(setsockopt),      RS,  .why = "keep-alive, buffers"},
    {CALL(shutdown),        RS,  .why = "end of a connection"},
    {CALL(epoll_create1),   RS,  .why = "libmicrohttpd waits for the callers of the metrics"},
    {CALL(epoll_ctl),       RS,  .why = "the same"},
    {CALL(epoll_wait),      RS,  .why = "the same"},
    {CALL(epoll_pwait),     RS,  .why = "the same, on processors without epoll_wait"},
    {CALL(accept4),         RS,  .why = "who asks over the control and metrics sockets, which were opened before"},
    {CALL(ioctl),           RS,  .when = {EQUAL(1, TIOCOUTQ)}, .why = "bytes that a receiver has not confirmed"},
    {CALL(ioctl),           RS,  .when = {EQUAL(1, FIONREAD)}, .why = "size of the resolver's answer"},
    {CALL(ioctl),           WRS, .when = {EQUAL(1, SIOCGIFFLAGS)}, .why = "is the interface up, or gone"},
    {CALL(ioctl),           RS,  .when = {EQUAL(1, SIOCETHTOOL)}, .why = "are its offloads off; to change them takes a capability"},
    {CALL(ioctl),           RS,  .when = {EQUAL(1, TCGETS)}, .why = "is it a terminal"},
    {CALL(getuid),          RS,  .why = "name service, libraries"},
    {CALL(geteuid),         RS,  .why = "the same"},
    {CALL(getgid),          RS,  .why = "the same"},
    {CALL(getegid),         RS,  .why = "the same"},
    {CALL(uname),           RS,  .why = "resolver"},
    {CALL(prlimit64),       RS,  .why = "limits of a child, asked for or lowered"},
    /* getaddrinfo_a() asks the resolver in a thread */
    {CALL(clone3),          RS,  .answer = ENOSYS, .why = "its flags cannot be seen here; the C library turns to clone"},
    {CALL(clone),           RS,  .when = {BITS(0, NO_NEW_SPACES, CLONE_VM | CLONE_THREAD)}, .why = "a thread, no process"},
    {CALL(set_robust_list), RS,  .why = "a new thread or process"},
    {CALL(rseq),            RS,  .why = "a new thread"},
    {CALL(sched_yield),     RS,  .why = "end of a thread"},
    /* the supervisor's children, from their first step until they close their own sandbox */
    {CALL(clone),           S,   .when = {BITS(0, NO_NEW_SPACES, 0)}, .why = "fork, without threads or namespaces"},
    {CALL(fork),            S,   .why = "the same"},
    {CALL(wait4),           S,   .why = "children that ended"},
    {CALL(kill),            S,   .why = "stop children; those of other users are out of its reach"},
    {CALL(rt_sigtimedwait), S,   .why = "waiting for signals"},
    {CALL(signalfd4),       S,   .why = "the reporter's signals"},
    {CALL(pipe),            S,   .why = "the reporter tells that it is ready"},
    {CALL(pipe2),           S,   .why = "the same"},
    {CALL(getppid),         S,   .why = "a child whose parent ended already ends too"},
    {CALL(prctl),           S,   .why = "death signal, no new privileges, no dumps"},
    {CALL(capset),          S,   .why = "capabilities given up"},
    {CALL(setrlimit),       S,   .why = "limits of a child"},
    {CALL(seccomp),         S,   .why = "a child's own filter"},
    {CALL(landlock_restrict_self), S, .why = "a child's own files"},
    {CALL(memfd_create),    S,   .why = "a new snapshot"},
    {CALL(sched_getaffinity), S, .why = "number of processors"},
};
/* clang-format on */

static unsigned conditions(const struct call *c) {
    unsigned n = 0;
    while (n < CONDITIONS_MAX && c->when[n].op != 0)
        n++;
    return n;
}

static int add(scmp_filter_ctx filter, const struct call *c) {
    const struct scmp_arg_cmp self = EQUAL(0, (scmp_datum_t)getpid());
    uint32_t action = c->answer ? SCMP_ACT_ERRNO((uint16_t)c->answer) : SCMP_ACT_ALLOW;
    if (c->self_only)
        return seccomp_rule_add_array(filter, action, c->number, 1, &self);
    return seccomp_rule_add_array(filter, action, c->number, conditions(c), c->when);
}

/* -EDOM: this processor has no such call. */
static int add_all(scmp_filter_ctx filter, enum sandbox_role role) {
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (!(calls[i].roles & 1U << role))
            continue;
        int status = add(filter, &calls[i]);
        if (status != 0 && status != -EDOM && status != -EEXIST)
            return status;
    }
    return 0;
}

bool calls_restrict(enum sandbox_role role, struct error *e) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int status = filter ? seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) : -ENOMEM;
    if (status == 0)
        status = add_all(filter, role);
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status == 0 ||
           error_set(e,
                     "the kernel takes no filter for system calls (seccomp): %s; use a kernel with "
                     "CONFIG_SECCOMP_FILTER, or set sandbox.seccomp: off",
                     strerror(-status));
}

unsigned calls_count(enum sandbox_role role) {
    unsigned n = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        bool repeated = false;
        for (size_t k = 0; k < i && !repeated; k++)
            repeated = calls[k].number == calls[i].number && calls[k].roles & 1U << role;
        n += calls[i].roles & 1U << role && !repeated && calls[i].answer == 0;
    }
    return n;
}
