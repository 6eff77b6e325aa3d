/* SPDX-License-Identifier: Apache-2.0 */
#include "process/sandbox/layers.h"

#include "base/sanitized.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct sandbox {
    bool change_user, seccomp;
    uid_t user;
    gid_t group;
    char name[64];
    int landlock; /* version, 0: not in force */
    struct prepared {
        const struct sandbox_profile *profile;
        int rules; /* Landlock ruleset, -1: none */
    } prepared[SANDBOX_PROFILES_MAX];
    unsigned count; /* of those */
};

static const char *const preset_users[] = {"gantry", "nobody"};

static bool find_user(struct sandbox *s, const char *wanted, struct error *e) {
    const struct passwd *p = NULL;
    s->user = geteuid();
    s->group = getegid();
    if (geteuid() != 0) {
        if (wanted)
            log_warning("sandbox.user: only root can change its user; going on as user %u",
                        (unsigned)s->user);
        return true;
    }
    for (size_t i = 0; !wanted && !p && i < sizeof preset_users / sizeof *preset_users; i++)
        p = getpwnam(preset_users[i]);
    if (wanted)
        p = getpwnam(wanted);
    if (!p)
        return error_set(
            e, "sandbox.user: there is no account \"%s\"; make it with adduser --system, or name another",
            wanted ? wanted : preset_users[0]);
    s->user = p->pw_uid;
    s->group = p->pw_gid;
    s->change_user = p->pw_uid != 0;
    snprintf(s->name, sizeof s->name, "%s", p->pw_name);
    if (!s->change_user)
        log_warning("sandbox.user: the sensor keeps running as root; let it run as an account of its own");
    return true;
}

static void warn_of_no_landlock(void) {
    log_warning("sandbox: this kernel has no Landlock (%s): files are guarded by user and seccomp alone; use "
                "Linux 5.13 or later with landlock in its list of security modules",
                strerror(errno));
}

struct sandbox *sandbox_create(const struct sandbox_options *options, struct error *e) {
    struct sandbox *s = calloc(1, sizeof *s);
    if (!s) {
        error_set(e, "no memory");
        return NULL;
    }
    if (!find_user(s, options->user, e)) {
        sandbox_destroy(s);
        return NULL;
    }
    s->seccomp = options->seccomp && !SANITIZED;
    if (!options->seccomp)
        log_warning(
            "sandbox.seccomp is off: a worker that is taken over may make any system call; switch it on");
    else if (SANITIZED)
        log_warning(
            "sandbox: built with a sanitizer: seccomp and limits on memory are off; not for real traffic");
    if (!options->landlock)
        log_warning("sandbox.landlock is off: files are guarded by user and seccomp alone; switch it on");
    else if ((s->landlock = files_version()) == 0)
        warn_of_no_landlock();
    return s;
}

void sandbox_prepare(struct sandbox *s, const struct sandbox_profile *profile, const char *const *folders,
                     size_t count) {
    if (s->count == SANDBOX_PROFILES_MAX)
        return;
    struct prepared *p = &s->prepared[s->count++];
    *p = (struct prepared){profile, -1};
    if (s->landlock == 0)
        return;
    p->rules = files_rules(profile->may, folders, count);
    if (p->rules >= 0)
        return;
    warn_of_no_landlock();
    s->landlock = 0;
}

void sandbox_close(struct sandbox *s) {
    for (unsigned i = 0; i < s->count; i++) {
        if (s->prepared[i].rules >= 0)
            close(s->prepared[i].rules);
        s->prepared[i].rules = -1;
    }
}

void sandbox_destroy(struct sandbox *s) {
    if (s)
        sandbox_close(s);
    free(s);
}

bool sandbox_account(const struct sandbox *s, uid_t *user, gid_t *group) {
    *user = s->user;
    *group = s->group;
    return s->change_user;
}

bool sandbox_group(const struct sandbox *s, gid_t *group) {
    *group = s->group;
    return strcmp(s->name, "nobody") != 0;
}

static bool lower_limit(int what, rlim_t most) {
    struct rlimit now;
    if (getrlimit(what, &now) != 0)
        return false;
    if (now.rlim_max < most)
        most = now.rlim_max;
    return setrlimit(what, &(struct rlimit){most, most}) == 0;
}

/* One more can always be opened, however high the numbers of those that the sensor was started with. */
static bool limit_descriptors(unsigned most) {
    int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (next < 0)
        return false;
    close(next);
    rlim_t least = (rlim_t)next + 1;
    return lower_limit(RLIMIT_NOFILE, least > most ? least : most);
}

/* Who has no files writes nothing but its log; where that is a file, the limit would silence it. */
static bool limit_writing(void) {
    struct stat st;
    return (fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode)) || lower_limit(RLIMIT_FSIZE, 0);
}

/* Private and writable memory, as the limit counts it: what is merely reserved, rings and snapshots are not.
 */
static bool limit_memory(uint64_t headroom) {
    unsigned long long pages[6];
    FILE *f = fopen("/proc/self/statm", "re");
    bool ok = f && fscanf(f, "%llu %llu %llu %llu %llu %llu", &pages[0], &pages[1], &pages[2], &pages[3],
                          &pages[4], &pages[5]) == 6;
    if (f)
        fclose(f);
    return ok && lower_limit(RLIMIT_DATA, pages[5] * (uint64_t)sysconf(_SC_PAGESIZE) + headroom);
}

/* No core, not even one that is piped to a program (dumpable): it would hold payload. */
static bool set_limits(const struct sandbox_profile *p, uint64_t headroom) {
    bool ok = lower_limit(RLIMIT_CORE, 0) && prctl(PR_SET_DUMPABLE, 0) == 0;
    if (ok && headroom && !SANITIZED)
        ok = limit_memory(headroom); /* opens a file, so it comes before their limit */
    ok = ok && limit_descriptors(p->descriptors);
    if (ok && !(p->may & (SANDBOX_NETWORK | SANDBOX_PARENT)))
        ok = lower_limit(RLIMIT_NPROC, 0); /* threads are counted too */
    if (ok && !(p->may & SANDBOX_FILES))
        ok = limit_writing();
    return ok;
}

static bool drop_user(const struct sandbox *s) {
    if (!s->change_user || geteuid() != 0)
        return true;
    for (int i = 0; prctl(PR_CAPBSET_READ, i) >= 0; i++)
        if (prctl(PR_CAPBSET_DROP, i) != 0)
            return false;
    return setgroups(0, NULL) == 0 && setresgid(s->group, s->group, s->group) == 0 &&
           setresuid(s->user, s->user, s->user) == 0;
}

/* All of them: captures are open, and reading them, their counters included, takes none. */
static bool drop_capabilities(void) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &head, none) == 0;
}

static const struct prepared *find_prepared(const struct sandbox *s, const struct sandbox_profile *profile) {
    for (unsigned i = 0; i < s->count; i++)
        if (s->prepared[i].profile == profile)
            return &s->prepared[i];
    return NULL;
}

bool sandbox_enter(const struct sandbox *s, const struct sandbox_profile *profile,
                   const struct sandbox_share *share, struct error *e) {
    const struct prepared *p = find_prepared(s, profile);
    if (!p)
        return error_set(e, "the sandbox of this process was not prepared");
    if (!drop_user(s) || !drop_capabilities())
        return error_set(
            e, "cannot become user %s: %s; start as root or as that user, or set sandbox.user: root", s->name,
            strerror(errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !set_limits(profile, share->headroom))
        return error_set(e, "cannot limit this process: %s", strerror(errno));
    if (s->landlock && !files_restrict(p->rules))
        return error_set(e, "cannot close the file system (Landlock): %s; or set sandbox.landlock: off",
                         strerror(errno));
    return !s->seccomp || calls_restrict(profile->may, share->bell, e);
}

const char *sandbox_text(const struct sandbox *s, const struct sandbox_profile *profile, const char *name,
                         char out[SANDBOX_TEXT_MAX]) {
    char calls[64] = "any system call", files[64] = "files as its user may";
    if (s->seccomp)
        snprintf(calls, sizeof calls, "%u system calls (seccomp, kills)", calls_count(profile->may));
    if (s->landlock)
        snprintf(files, sizeof files, "Landlock version %d", s->landlock);
    snprintf(out, SANDBOX_TEXT_MAX,
             "%s: user %u, no capabilities, no new privileges, no core dumps, %s, %s, %u files", name,
             (unsigned)s->user, calls, files, profile->descriptors);
    return out;
}
