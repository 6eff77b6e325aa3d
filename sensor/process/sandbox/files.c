/* SPDX-License-Identifier: Apache-2.0 */
#include "process/sandbox/layers.h"

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

/* What may be read without being configured. Who asks for names of receivers needs its resolver's
 * configuration, and the modules that /etc/nsswitch.conf names. */
static const struct {
    const char *path;
    unsigned may; /* any of these */
    unsigned rights;
} known[] = {
    {"/", SANDBOX_PARENT, READ}, /* a reload reads the configuration, wherever it and its rules lie */
    {"/etc", SANDBOX_NETWORK, READ},
    {"/usr", SANDBOX_NETWORK, READ},
    {"/lib", SANDBOX_NETWORK, READ},
    {"/lib64", SANDBOX_NETWORK, READ},
    {"/run", SANDBOX_NETWORK, READ},
    {"/dev/null", SANDBOX_FILES, FILE_READ | FILE_WRITE},
    {"/dev/urandom", SANDBOX_FILES, FILE_READ},
};

int files_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : version > NEWEST ? NEWEST : (int)version;
}

/* Who has the network connects, to sockets with an abstract name too. A parent's rules are inherited by its
 * children, and it must reach them with signals. */
static struct ruleset list_refused(unsigned may, int version) {
    struct ruleset r = {.files = ((uint64_t)1 << versions[version].bits) - 1};
    r.sockets = versions[version].sockets;
    r.scopes = versions[version].scopes;
    if (may & SANDBOX_NETWORK) {
        r.sockets &= ~(uint64_t)SOCKET_CONNECT;
        r.scopes &= ~(uint64_t)SCOPE_ABSTRACT_SOCKET;
    }
    if (may & SANDBOX_PARENT)
        r.scopes = 0;
    return r;
}

/* A path that is not there needs no right. */
static bool grant_path(int rules, const char *path, uint64_t rights) {
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

static bool grant_paths(int rules, unsigned may, uint64_t possible, const char *const *folders,
                        size_t count) {
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof known / sizeof *known; i++)
        if (known[i].may & may)
            ok = grant_path(rules, known[i].path, known[i].rights & possible);
    for (size_t i = 0; ok && i < count; i++)
        ok = grant_path(rules, folders[i], WRITE & possible);
    return ok;
}

int files_rules(unsigned may, const char *const *folders, size_t count) {
    int version = files_version();
    if (version == 0) {
        errno = ENOSYS;
        return -1;
    }
    struct ruleset r = list_refused(may, version);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &r, versions[version].size, 0);
    if (rules >= 0 && may & SANDBOX_FILES && !grant_paths(rules, may, r.files, folders, count)) {
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
