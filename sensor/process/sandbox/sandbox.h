/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_SANDBOX_SANDBOX_H
#define GANTRY_PROCESS_SANDBOX_SANDBOX_H

#include "config/config.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What each process gives up before it sees traffic: its user, its capabilities, nearly all system calls
 * (seccomp, the list is in calls.c), nearly all files (Landlock, files.c), core dumps, and memory beyond its
 * share.
 *
 *     s = sandbox_create(&options, &e)              as root, when all settings are known
 *     sandbox_prepare(s, profile, folders, n)       for each profile that will be entered
 *     ... open captures and output files ...
 *     sandbox_enter(s, supervisor's, &share, &e)    in the supervisor; every child inherits it
 *     sandbox_enter(s, child's, &share, &e)         in a child, on top of the supervisor's
 *     sandbox_close(s)                              there */

/* What a process may do beyond computing, its log, its bell, its clock, and reading and waiting for
 * descriptors that it has. Who has files, the network or children writes to any descriptor, who has none of
 * them to two: a packet socket sends what is written to it. */
enum sandbox_may {
    SANDBOX_CAPTURE = 1 << 0,   /* the rings and files of packets that were opened before */
    SANDBOX_SNAPSHOTS = 1 << 1, /* take a new configuration's descriptor over a socket that it has */
    SANDBOX_FILES = 1 << 2,     /* open files: read what a resolver needs, write below the prepared folders */
    SANDBOX_NETWORK = 1 << 3,   /* sockets, names, threads that ask for names */
    SANDBOX_PARENT = 1 << 4,    /* start processes, signal them, read any file */
    SANDBOX_LIBRARIES = 1 << 5, /* bound its own time; its libraries may look for files, and find none */
    SANDBOX_ALL = (1 << 6) - 1, /* of a parent: filters are inherited, and all of them must agree */
};

struct sandbox_profile {
    unsigned may;         /* bits of enum sandbox_may; 0: the strictest */
    unsigned descriptors; /* most that are open at once */
};

struct sandbox; /* opaque */

/* Finds the account and asks the kernel what it can do. Warns of everything that is weaker than it could be.
 * Changes nothing of this process. NULL: no such account. */
struct sandbox *sandbox_create(const struct sandbox_options *options, struct error *e);
void sandbox_destroy(struct sandbox *s); /* accepts NULL */

enum { SANDBOX_PROFILES_MAX = 8 };
/* Opens the folders below which a process of this profile may write, if it may have files at all. At most
 * SANDBOX_PROFILES_MAX; the profile is kept by reference. */
void sandbox_prepare(struct sandbox *s, const struct sandbox_profile *profile, const char *const *folders,
                     size_t count);

/* What is known of one process alone. */
struct sandbox_share {
    uint64_t headroom; /* bytes of memory that it may take beyond what it has now, 0: no limit */
    int bell;          /* the descriptor that it may write to beside its log; -1: none */
};

/* For good. On false the process must end. A profile that was not prepared is refused. */
bool sandbox_enter(const struct sandbox *s, const struct sandbox_profile *profile,
                   const struct sandbox_share *share, struct error *e);
/* In a process that enters no other: nothing that could be entered is left open. */
void sandbox_close(struct sandbox *s);

/* Who will own files that are made for the reporter; false: this process keeps its user. */
bool sandbox_account(const struct sandbox *s, uid_t *user, gid_t *group);

/* Whose members may tell the sensor what to do; false: it runs as nobody, whose group is everybody's. */
bool sandbox_group(const struct sandbox *s, gid_t *group);

/* One line about what holds for processes of a profile, which are called `name`, NUL-terminated; returns
 * out. */
enum { SANDBOX_TEXT_MAX = 256 };
const char *sandbox_text(const struct sandbox *s, const struct sandbox_profile *profile, const char *name,
                         char out[SANDBOX_TEXT_MAX]);

#endif
