/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Loaded before libsqlite3 (LD_PRELOAD): a database beside which a file "slow" lies takes SLOW_OPEN_MS to
 * open, as a very large one may. */
int sqlite3_open_v2(const char *path, void **database, int flags, const char *vfs);

int sqlite3_open_v2(const char *path, void **database, int flags, const char *vfs) {
    static int (*real)(const char *, void **, int, const char *);
    const char *ms = getenv("SLOW_OPEN_MS"), *slash = strrchr(path, '/');
    char mark[4096];
    snprintf(mark, sizeof mark, "%.*s/slow", slash ? (int)(slash - path) : 0, path);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_open_v2");
    if (ms && access(mark, F_OK) == 0)
        poll(NULL, 0, atoi(ms));
    return real(path, database, flags, vfs);
}
