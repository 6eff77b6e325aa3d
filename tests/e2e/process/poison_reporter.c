/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Loaded before libc and libsqlite3 (LD_PRELOAD): bugs of the reporter, on demand. What it alone does,
 * putting a message into the database or writing it to a file, ends it where one of these marks is in the
 * message; and so does a database beside which a file "fatal" lies. */

static int *once; /* shared by all that the sensor starts */

__attribute__((constructor)) static void share_once(void) {
    once = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static int holds(const void *bytes, size_t n, const char *mark) {
    return bytes && memmem(bytes, n, mark, strlen(mark)) != NULL;
}

static void read_message(const void *bytes, size_t n) {
    if (holds(bytes, n, "MARK-THAT-ALWAYS-CRASHES"))
        *(volatile int *)0 = 0;
    if (holds(bytes, n, "MARK-THAT-IS-FORBIDDEN"))
        syscall(SYS_ptrace, 0, 0, 0, 0);
    if (holds(bytes, n, "MARK-THAT-CRASHES-ONCE-A") && once[0]++ == 0)
        *(volatile int *)0 = 0;
    if (holds(bytes, n, "MARK-THAT-CRASHES-ONCE-B") && once[1]++ == 0)
        *(volatile int *)0 = 0;
}

ssize_t write(int fd, const void *bytes, size_t n) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    read_message(bytes, n);
    return real(fd, bytes, n);
}

typedef int bind_call(void *query, int at, const void *bytes, int n, void (*drop)(void *));
bind_call sqlite3_bind_text, sqlite3_bind_blob;

int sqlite3_bind_text(void *query, int at, const void *bytes, int n, void (*drop)(void *)) {
    static bind_call *real;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_bind_text");
    read_message(bytes, (size_t)n);
    return real(query, at, bytes, n, drop);
}

int sqlite3_bind_blob(void *query, int at, const void *bytes, int n, void (*drop)(void *)) {
    static bind_call *real;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_bind_blob");
    read_message(bytes, (size_t)n);
    return real(query, at, bytes, n, drop);
}

int sqlite3_open_v2(const char *path, void **database, int flags, const char *vfs);

int sqlite3_open_v2(const char *path, void **database, int flags, const char *vfs) {
    static int (*real)(const char *, void **, int, const char *);
    const char *slash = strrchr(path, '/');
    char mark[4096];
    snprintf(mark, sizeof mark, "%.*s/fatal", slash ? (int)(slash - path) : 0, path);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_open_v2");
    if (access(mark, F_OK) == 0)
        *(volatile int *)0 = 0;
    return real(path, database, flags, vfs);
}
