/* SPDX-License-Identifier: Apache-2.0 */
#include "process/sandbox/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Landlock by its system calls: there is no library in Debian 12, and its kernel headers end at version 2.
 * Names and values as in the kernel's Documentation/userspace-api/landlock.rst. */
enum {
    FILE_EXECUTE = 1 << 0,
    FILE_WRITE = 1 << 1,
    FILE_READ = 1 << 2,
    FOLDER_READ = 1 << 3,
    FOLDER_REMOVE_FILE = 1 << 5,
    FOLDER_MAKE_FILE = 1 << 8,
    FILE_TRUNCATE = 1 << 14, /* since version 3 */
    SOCKET_BIND = 1 << 0,    /* the second word, since version 4 */
    SOCKET_CONNECT = 1 << 1,
    SCOPE_ABSTRACT_SOCKET = 1 << 0, /* the third word, since version 6 */
    SCOPE_SIGNAL = 1 << 1,
};

enum { READ = FILE_READ | FOLDER_READ };
enum { WRITE = READ | FILE_WRITE | FILE_TRUNCATE | FOLDER_MAKE_FILE | FOLDER_REMOVE_FILE };
enum { FOR_A_FILE = FILE_READ | FILE_WRITE | FILE_EXECUTE | FILE_TRUNCATE };

struct ruleset {
    uint64_t files, sockets, scopes;
};

/* All rights on files that a version of Landlock can refuse, and how long the ruleset that it takes is. */
static const struct {
    unsigned bits; /* of files */
    uint64_t sockets, scopes;
    size_t size;
} versions[] = {
    [1] = {13, 0, 0, 8},
    [2] = {14, 0, 0, 8},
    [3] = {15, 0, 0, 8},
    [4] = {15, SOCKET_BIND | SOCKET_CONNECT, 0, 16},
    [5] = {16, SOCKET_BIND | SOCKET_CONNECT, 0, 16},
    [6] = {16, SOCKET_BIND | SOCKET_CONNECT, SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL, 24},
};
enum { NEWEST = sizeof versions / sizeof *versions - 1 };

/* What may be read without being configured. The reporter looks up names of receivers: its resolver's
 * configuration, and the modules that /etc/nsswitch.conf names. */
static const struct {
    const char *path;
    bool supervisor, reporter;
    unsigned rights;
} known[] = {
    {"/", true, false, READ}, /* a reload reads the configuration, wherever it and its rules lie */
    {"/etc", false, true, READ},
    {"/usr", false, true, READ},
    {"/lib", false, true, READ},
    {"/lib64", false, true, READ},
    {"/run", false, true, READ},
    {"/dev/null", true, true, FILE_READ | FILE_WRITE},
    {"/dev/urandom", true, true, FILE_READ},
};

int files_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : version > NEWEST ? NEWEST : (int)version;
}

/* The reporter connects to receivers, so its connecting is not refused here; nor the supervisor's, whose
 * rules its children inherit. Signals: the supervisor must reach its children. */
static struct ruleset refused(enum sandbox_role role, int version) {
    struct ruleset r = {.files = ((uint64_t)1 << versions[version].bits) - 1};
    r.sockets = versions[version].sockets;
    r.scopes = versions[version].scopes;
    if (role != SANDBOX_WORKER)
        r.sockets &= ~(uint64_t)SOCKET_CONNECT;
    if (role == SANDBOX_SUPERVISOR)
        r.scopes = 0;
    if (role == SANDBOX_REPORTER)
        r.scopes &= ~(uint64_t)SCOPE_ABSTRACT_SOCKET; /* a receiver may listen on one */
    return r;
}

/* A path that is not there needs no right. */
static bool grant(int rules, const char *path, uint64_t rights) {
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == EACCES || errno == ENOTDIR;
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rights &= FOR_A_FILE;
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = fd};
    bool ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(fd);
    return ok;
}

static bool grant_all(int rules, enum sandbox_role role, uint64_t possible, const char *const *folders,
                      size_t count) {
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof known / sizeof *known; i++)
        if (role == SANDBOX_SUPERVISOR ? known[i].supervisor : known[i].reporter)
            ok = grant(rules, known[i].path, known[i].rights & possible);
    for (size_t i = 0; ok && i < count; i++)
        ok = grant(rules, folders[i], WRITE & possible);
    return ok;
}

int files_rules(enum sandbox_role role, const char *const *folders, size_t count) {
    int version = files_version();
    if (version == 0) {
        errno = ENOSYS;
        return -1;
    }
    struct ruleset r = refused(role, version);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &r, versions[version].size, 0);
    if (rules >= 0 && role != SANDBOX_WORKER && !grant_all(rules, role, r.files, folders, count)) {
        int reason = errno;
        close(rules);
        errno = reason;
        return -1;
    }
    return rules;
}

bool files_restrict(int rules) {
    return syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}
