/* SPDX-License-Identifier: Apache-2.0 */
#include "process/role.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Each attempt runs in a child of its own, once as it is and once in a role's sandbox: the first shows that
 * the attempt would work, so that only the sandbox can be what refuses it. */

static char folder[] = "/tmp/gantry-sandbox-XXXXXX"; /* of an output; others may pass */
static char inside[PATH_MAX], outside[PATH_MAX], elsewhere[PATH_MAX];
static pid_t victim; /* sleeps, to be traced or killed */

/* How a child ended. */
enum { WORKED = 0, REFUSED = 1, NO_SANDBOX = 2, KILLED = 256 };

static int ended(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? KILLED + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool refused(bool worked) {
    return !worked && (errno == EACCES || errno == EPERM);
}

static int outcome(bool worked) {
    return worked ? WORKED : refused(worked) ? REFUSED : 99;
}

static int try_read_file(void) {
    return outcome(open("/etc/passwd", O_RDONLY) >= 0);
}

static int try_write_inside(void) {
    return outcome(open(inside, O_WRONLY | O_CREAT | O_APPEND, 0600) >= 0);
}

static int try_write_outside(void) {
    return outcome(open(outside, O_WRONLY | O_CREAT, 0600) >= 0);
}

static int try_read_elsewhere(void) {
    return outcome(open(elsewhere, O_RDONLY) >= 0);
}

static int try_tcp(void) {
    return outcome(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
}

static int try_raw(void) {
    return outcome(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0);
}

static int try_packets(void) {
    return outcome(socket(AF_PACKET, SOCK_RAW, 0) >= 0);
}

static int try_run(void) {
    char *const words[] = {"true", NULL};
    execv("/bin/true", words);
    return outcome(false);
}

static int try_trace(void) {
    return outcome(ptrace(PTRACE_SEIZE, victim, NULL, NULL) == 0);
}

static int try_kill(void) {
    return outcome(kill(victim, 0) == 0);
}

static int try_fork(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return outcome(pid > 0 && waitpid(pid, NULL, 0) == pid);
}

static void *nothing(void *context) {
    return context;
}

static int try_thread(void) {
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0 ? WORKED : 99;
}

static int try_code(void) {
    return outcome(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static int try_memory(void) {
    void *volatile p = malloc(64 << 20);
    return p ? WORKED : REFUSED;
}

static int try_work(void) { /* what a worker does all day */
    char byte;
    struct pollfd fd = {.fd = 0, .events = POLLIN};
    void *p = malloc(1 << 20);
    free(realloc(p, 2 << 20));
    poll(&fd, 1, 0);
    if (read(-1, &byte, 1) != -1 || clock_monotonic() == 0)
        return 99;
    log_debug("nothing");
    return WORKED;
}

/* Of these the role may write to the bell and to the log alone. On a packet socket, as a capture is, a write
 * sends a frame. */
static int bell = -1, capture = -1, sending[2];
static const char frame[60] = "to nobody";

static int try_log(void) {
    return outcome(write(STDERR_FILENO, "\n", 1) == 1);
}

static int try_bell(void) {
    const uint64_t one = 1;
    return outcome(write(bell, &one, sizeof one) == sizeof one);
}

static int try_frame(void) {
    return outcome(write(capture, frame, sizeof frame) == sizeof frame);
}

static int try_frame_by_large_number(void) { /* the kernel looks at the lower half of the number alone */
    return outcome(syscall(SYS_write, (1UL << 32) + (unsigned long)STDERR_FILENO, "\n", 1UL) == 1);
}

static int try_standard_output(void) {
    return outcome(write(STDOUT_FILENO, "", 0) == 0);
}

static int try_writev(void) {
    const struct iovec part = {(void *)(uintptr_t)frame, sizeof frame};
    return outcome(writev(capture, &part, 1) == sizeof frame);
}

static int try_pwrite(void) {
    int file = memfd_create("file", 0);
    return outcome(pwrite(file, frame, sizeof frame, 0) == sizeof frame);
}

static int try_send(void) {
    return outcome(send(capture, frame, sizeof frame, 0) == sizeof frame);
}

static int try_sendmsg(void) {
    struct iovec part = {(void *)(uintptr_t)frame, sizeof frame};
    const struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    return outcome(sendmsg(capture, &m, 0) == sizeof frame);
}

static int try_sendmmsg(void) {
    struct iovec part = {(void *)(uintptr_t)frame, sizeof frame};
    struct mmsghdr m = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
    return outcome(sendmmsg(capture, &m, 1, 0) == 1);
}

static int try_splice(void) {
    return outcome(splice(sending[0], NULL, capture, NULL, sizeof frame, 0) == sizeof frame);
}

static int try_sendfile(void) {
    return outcome(sendfile(capture, open(elsewhere, O_RDONLY), NULL, 0) == 0);
}

static int try_io_uring(void) {
    return syscall(SYS_io_uring_setup, 1, NULL) >= 0 || errno != EPERM ? WORKED : REFUSED;
}

static int try_another_number(void) { /* what may be written to would be the capture */
    return outcome(dup2(capture, STDERR_FILENO) == STDERR_FILENO);
}

static int try_fcntl(void) {
    return outcome(fcntl(capture, F_DUPFD, 20) >= 20);
}

static int try_transmit_ring(void) {
    const int on = 1;
    return outcome(setsockopt(capture, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) == 0);
}

static int try_abort(void) {
    abort();
}

/* As the table has them, and a role that may do nothing beyond computing. */
enum { SIGSYS_KILL = KILLED + SIGSYS };
enum { SUPERVISOR, WORKER, EXAMINER, REPORTER, STRICTEST, PROFILES };
static const struct sandbox_profile strictest = {.descriptors = 8};

static const struct sandbox_profile *profile_of(int role) {
    return role == STRICTEST ? &strictest : &sensor_roles[role].sandbox;
}

static bool enter(const struct sandbox_options *o, int role, uint64_t memory) {
    const char *folders[] = {folder};
    struct error e;
    struct sandbox *s = sandbox_create(o, &e);
    for (int i = 0; s && i < PROFILES; i++)
        sandbox_prepare(s, profile_of(i), folders, 1);
    const struct sandbox_share none = {.bell = -1}, share = {.headroom = memory, .bell = bell};
    return s && sandbox_enter(s, profile_of(SUPERVISOR), &none, &e) &&
           (role == SUPERVISOR || sandbox_enter(s, profile_of(role), &share, &e));
}

static int run(int (*attempt)(void), const struct sandbox_options *o, int role, uint64_t memory) {
    fflush(NULL);
    unlink(inside);
    unlink(outside);
    pid_t pid = fork();
    if (pid != 0)
        return ended(pid);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    if (o && !enter(o, role, memory))
        _exit(NO_SANDBOX);
    _exit(attempt());
}

static const struct sandbox_options whole = {.seccomp = true, .landlock = true};

/* A process under a sanitizer has no seccomp: nothing to show. */
static bool have_seccomp(void) {
    return run(try_trace, &whole, WORKER, 0) != WORKED && run(try_run, &whole, WORKER, 0) >= KILLED;
}

#define SENDS                                                                                                \
    {                                                                                                        \
        [SUPERVISOR] = WORKED, [WORKER] = SIGSYS_KILL, [EXAMINER] = SIGSYS_KILL, [REPORTER] = WORKED,        \
        [STRICTEST] = SIGSYS_KILL                                                                            \
    }
#define NOBODY                                                                                               \
    {                                                                                                        \
        [SUPERVISOR] = SIGSYS_KILL, [WORKER] = SIGSYS_KILL, [EXAMINER] = SIGSYS_KILL,                        \
        [REPORTER] = SIGSYS_KILL, [STRICTEST] = SIGSYS_KILL                                                  \
    }

static const struct {
    const char *what;
    int (*attempt)(void);
    bool needs_root;
    int expected[PROFILES];
} attempts[] = {
    {"read a file",
     try_read_file,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = REFUSED,
      [EXAMINER] = REFUSED,
      [REPORTER] = WORKED,
      [STRICTEST] = SIGSYS_KILL}},
    {"read a file that is nobody's business",
     try_read_elsewhere,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = REFUSED,
      [EXAMINER] = REFUSED,
      [REPORTER] = REFUSED,
      [STRICTEST] = SIGSYS_KILL}},
    {"write below an output's folder",
     try_write_inside,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = REFUSED,
      [EXAMINER] = REFUSED,
      [REPORTER] = WORKED,
      [STRICTEST] = SIGSYS_KILL}},
    {"write elsewhere",
     try_write_outside,
     false,
     {[SUPERVISOR] = REFUSED,
      [WORKER] = REFUSED,
      [EXAMINER] = REFUSED,
      [REPORTER] = REFUSED,
      [STRICTEST] = SIGSYS_KILL}},
    {"make a TCP socket",
     try_tcp,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = SIGSYS_KILL,
      [EXAMINER] = SIGSYS_KILL,
      [REPORTER] = WORKED,
      [STRICTEST] = SIGSYS_KILL}},
    {"make a raw socket",
     try_raw,
     true,
     {[SUPERVISOR] = SIGSYS_KILL,
      [WORKER] = SIGSYS_KILL,
      [EXAMINER] = SIGSYS_KILL,
      [REPORTER] = SIGSYS_KILL,
      [STRICTEST] = SIGSYS_KILL}},
    {"make a packet socket",
     try_packets,
     true,
     {[SUPERVISOR] = SIGSYS_KILL,
      [WORKER] = SIGSYS_KILL,
      [EXAMINER] = SIGSYS_KILL,
      [REPORTER] = SIGSYS_KILL,
      [STRICTEST] = SIGSYS_KILL}},
    {"run a program",
     try_run,
     false,
     {[SUPERVISOR] = SIGSYS_KILL,
      [WORKER] = SIGSYS_KILL,
      [EXAMINER] = SIGSYS_KILL,
      [REPORTER] = SIGSYS_KILL,
      [STRICTEST] = SIGSYS_KILL}},
    {"trace another process",
     try_trace,
     false,
     {[SUPERVISOR] = SIGSYS_KILL,
      [WORKER] = SIGSYS_KILL,
      [EXAMINER] = SIGSYS_KILL,
      [REPORTER] = SIGSYS_KILL,
      [STRICTEST] = SIGSYS_KILL}},
    {"signal another process",
     try_kill,
     false,
     {[SUPERVISOR] = REFUSED,
      [WORKER] = SIGSYS_KILL,
      [EXAMINER] = SIGSYS_KILL,
      [REPORTER] = SIGSYS_KILL,
      [STRICTEST] = SIGSYS_KILL}},
    {"fork",
     try_fork,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = SIGSYS_KILL,
      [EXAMINER] = SIGSYS_KILL,
      [REPORTER] = SIGSYS_KILL,
      [STRICTEST] = SIGSYS_KILL}},
    {"start a thread",
     try_thread,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = SIGSYS_KILL,
      [EXAMINER] = SIGSYS_KILL,
      [REPORTER] = WORKED,
      [STRICTEST] = SIGSYS_KILL}},
    {"map memory that can be executed",
     try_code,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = SIGSYS_KILL,
      [EXAMINER] = SIGSYS_KILL,
      [REPORTER] = WORKED,
      [STRICTEST] = SIGSYS_KILL}},
    {"write to its log",
     try_log,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = WORKED,
      [EXAMINER] = WORKED,
      [REPORTER] = WORKED,
      [STRICTEST] = WORKED}},
    {"ring its bell",
     try_bell,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = WORKED,
      [EXAMINER] = WORKED,
      [REPORTER] = WORKED,
      [STRICTEST] = WORKED}},
    {"write to its capture", try_frame, false, SENDS},
    {"write to a number with high bits", try_frame_by_large_number, false, SENDS},
    {"write to standard output", try_standard_output, false, SENDS},
    {"send on its capture", try_send, false, SENDS},
    {"send a message on its capture", try_sendmsg, false, SENDS},
    {"send messages on its capture", try_sendmmsg, false, SENDS},
    {"set up its capture to send", try_transmit_ring, false, SENDS},
    {"give its capture another number", try_fcntl, false, SENDS},
    {"give its capture the number of its log", try_another_number, false, NOBODY},
    {"write parts to its capture", try_writev, false, NOBODY},
    {"write at a place in a file",
     try_pwrite,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = SIGSYS_KILL,
      [EXAMINER] = SIGSYS_KILL,
      [REPORTER] = SIGSYS_KILL,
      [STRICTEST] = SIGSYS_KILL}},
    {"splice into its capture", try_splice, false, NOBODY},
    {"send a file into its capture", try_sendfile, false, NOBODY},
    {"set up a ring of calls", try_io_uring, false, NOBODY},
    {"do a worker's work",
     try_work,
     false,
     {[SUPERVISOR] = WORKED,
      [WORKER] = WORKED,
      [EXAMINER] = WORKED,
      [REPORTER] = WORKED,
      [STRICTEST] = WORKED}},
    {"abort",
     try_abort,
     false,
     {[SUPERVISOR] = KILLED + SIGABRT,
      [WORKER] = KILLED + SIGABRT,
      [EXAMINER] = KILLED + SIGABRT,
      [REPORTER] = KILLED + SIGABRT,
      [STRICTEST] = KILLED + SIGABRT}},
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

static void test_each_attempt_works_without_a_sandbox(void **state) {
    for (size_t i = 0; i < ATTEMPTS; i++)
        if (attempts[i].attempt != try_abort && (!attempts[i].needs_root || geteuid() == 0)) {
            int got = run(attempts[i].attempt, NULL, 0, 0);
            if (got != WORKED)
                fail_msg("without a sandbox, to %s gave %d", attempts[i].what, got);
        }
}

static void test_each_role_is_refused_what_it_does_not_need(void **state) {
    if (!have_seccomp())
        skip();
    for (int role = 0; role < PROFILES; role++)
        for (size_t i = 0; i < ATTEMPTS; i++) {
            int got = run(attempts[i].attempt, &whole, role, 0), wanted = attempts[i].expected[role];
            /* As the user that it was before, the supervisor may signal its own processes. */
            if (attempts[i].attempt == try_kill && role == SUPERVISOR && geteuid() != 0)
                wanted = WORKED;
            if (got != wanted)
                fail_msg("role %d, to %s: %d instead of %d", role, attempts[i].what, got, wanted);
        }
}

static void test_a_weakened_sandbox_refuses_less(void **state) {
    const struct sandbox_options no_seccomp = {.landlock = true}, no_landlock = {.seccomp = true}, none = {0};
    if (!have_seccomp())
        skip();
    assert_int_equal(run(try_tcp, &no_seccomp, WORKER, 0), WORKED);
    assert_int_equal(run(try_read_file, &no_seccomp, WORKER, 0), REFUSED); /* Landlock's work */
    assert_int_equal(run(try_tcp, &no_landlock, WORKER, 0), SIGSYS_KILL);
    assert_int_equal(run(try_read_file, &none, WORKER, 0), WORKED);
}

static int try_keep_root(void) {
    return geteuid() != 0 && setuid(0) != 0 && getuid() != 0 ? REFUSED : WORKED;
}

static int try_core(void) {
    struct rlimit r;
    bool none = getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_cur == 0 && r.rlim_max == 0;
    return none && prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? REFUSED
                                                                                              : WORKED;
}

static void test_root_core_dumps_and_new_privileges_are_given_up(void **state) {
    const struct sandbox_options o = {.landlock = true}; /* the questions are no calls of a worker */
    assert_int_equal(run(try_core, &o, WORKER, 0), REFUSED);
    assert_int_equal(run(try_core, NULL, 0, 0), WORKED);
    if (geteuid() == 0) {
        assert_int_equal(run(try_keep_root, &o, SUPERVISOR, 0), REFUSED);
        assert_int_equal(run(try_keep_root, NULL, 0, 0), WORKED);
    }
}

static void test_memory_beyond_the_limit_is_not_given(void **state) {
    if (!have_seccomp())
        skip();
    assert_int_equal(run(try_memory, &whole, WORKER, 16 << 20), REFUSED);
    assert_int_equal(run(try_memory, &whole, WORKER, 256 << 20), WORKED);
}

static void test_an_account_that_does_not_exist_is_an_error(void **state) {
    const struct sandbox_options o = {.seccomp = true, .landlock = true, .user = "no-such-account"};
    struct error e;
    if (geteuid() != 0)
        skip();
    assert_null(sandbox_create(&o, &e));
    assert_non_null(strstr(e.text, "no-such-account"));
}

static void test_what_is_in_force_is_told(void **state) {
    char text[SANDBOX_TEXT_MAX];
    struct error e;
    struct sandbox *s = sandbox_create(&(struct sandbox_options){0}, &e);
    assert_non_null(s);
    assert_non_null(strstr(sandbox_text(s, &strictest, "toy", text), "toy: user"));
    assert_non_null(strstr(text, "any system call, files as its user may, 8 files"));
    sandbox_destroy(s);
}

static void test_a_profile_that_was_not_prepared_is_refused(void **state) {
    struct error e;
    struct sandbox *s = sandbox_create(&(struct sandbox_options){0}, &e);
    assert_false(sandbox_enter(s, &strictest, &(struct sandbox_share){.bell = -1}, &e));
    assert_non_null(strstr(e.text, "not prepared"));
    sandbox_destroy(s);
}

/* Filters are inherited: what a child may do its parent must be allowed too. */
static void test_a_parent_may_do_all_that_its_children_may(void **state) {
    for (size_t i = 0; i < sensor_role_count; i++)
        assert_int_equal(sensor_roles[i].sandbox.may & ~sensor_roles[0].sandbox.may, 0);
}

/* A packet socket where this process may have one, else a socket that is as good for a write. */
static int open_capture_of_test(void) {
    struct sockaddr_ll lo = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = 1};
    int ends[2], fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    if (fd >= 0 && bind(fd, (struct sockaddr *)&lo, sizeof lo) == 0 &&
        write(fd, frame, sizeof frame) == sizeof frame)
        return fd;
    return socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0 ? ends[0] : -1;
}

static int begin(void **state) {
    assert_non_null(mkdtemp(folder));
    chmod(folder, 0777);
    snprintf(inside, sizeof inside, "%s/alerts.json", folder);
    snprintf(outside, sizeof outside, "/tmp/gantry-sandbox-outside-%d", (int)getpid());
    snprintf(elsewhere, sizeof elsewhere, "/tmp/gantry-sandbox-elsewhere-%d", (int)getpid());
    int fd = open(elsewhere, O_WRONLY | O_CREAT | O_EXCL, 0644);
    assert_true(fd >= 0 && close(fd) == 0);
    bell = eventfd(0, EFD_NONBLOCK);
    capture = open_capture_of_test();
    assert_true(bell >= 0 && capture >= 0 && pipe(sending) == 0 &&
                write(sending[1], frame, sizeof frame) == sizeof frame);
    victim = fork();
    if (victim == 0) {
        pause();
        _exit(0);
    }
    return victim < 0;
}

static int end(void **state) {
    kill(victim, SIGKILL);
    waitpid(victim, NULL, 0);
    unlink(inside);
    unlink(outside);
    unlink(elsewhere);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_attempt_works_without_a_sandbox),
        cmocka_unit_test(test_each_role_is_refused_what_it_does_not_need),
        cmocka_unit_test(test_a_weakened_sandbox_refuses_less),
        cmocka_unit_test(test_root_core_dumps_and_new_privileges_are_given_up),
        cmocka_unit_test(test_memory_beyond_the_limit_is_not_given),
        cmocka_unit_test(test_an_account_that_does_not_exist_is_an_error),
        cmocka_unit_test(test_what_is_in_force_is_told),
        cmocka_unit_test(test_a_profile_that_was_not_prepared_is_refused),
        cmocka_unit_test(test_a_parent_may_do_all_that_its_children_may),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
