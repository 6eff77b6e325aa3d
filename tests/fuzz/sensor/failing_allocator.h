/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FUZZ_FAILING_ALLOCATOR_H
#define GANTRY_FUZZ_FAILING_ALLOCATOR_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* malloc, calloc, realloc and free of this program, for our code and for every library that it loads. They
 * refuse what they are told to, and count what is not given back. Included once a program. What is asked for
 * goes to AddressSanitizer's allocator where there is one, so that it watches as ever, and to the C library's
 * where there is none. */
struct failing {
    bool armed;
    uint64_t count;   /* allocations since failing_begin() */
    uint64_t nth;     /* the first that is refused, counted from 1 */
    uint64_t every;   /* and then each that many later; 0: no other */
    uint64_t refused; /* so many were */
};
static int64_t failing_held; /* blocks: given out and not given back */
static struct failing failing;

static inline void failing_begin(uint64_t nth, uint64_t every) {
    failing = (struct failing){.armed = true, .nth = nth, .every = every};
}

/* Returns how many were refused. */
static inline uint64_t failing_end(void) {
    failing.armed = false;
    return failing.refused;
}

/* Called before a sanitizer is ready: none of its code may stand in these. */
#define FAILING_PLAIN __attribute__((no_sanitize("address", "undefined")))
#define FAILING_SHOWN __attribute__((visibility("default")))

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);
void *__interceptor_malloc(size_t n) __attribute__((weak));
void *__interceptor_calloc(size_t count, size_t n) __attribute__((weak));
void *__interceptor_realloc(void *p, size_t n) __attribute__((weak));
void __interceptor_free(void *p) __attribute__((weak));

FAILING_PLAIN static bool failing_refuses(void) {
    if (!failing.armed)
        return false;
    uint64_t i = ++failing.count;
    if (i < failing.nth ||
        (i > failing.nth && (failing.every == 0 || (i - failing.nth) % failing.every != 0)))
        return false;
    failing.refused++;
    errno = ENOMEM;
    return true;
}

FAILING_SHOWN FAILING_PLAIN void *malloc(size_t n) {
    void *p = NULL;
    if (!failing_refuses())
        p = __interceptor_malloc ? __interceptor_malloc(n) : __libc_malloc(n);
    failing_held += p != NULL;
    return p;
}

FAILING_SHOWN FAILING_PLAIN void *calloc(size_t count, size_t n) {
    void *p = NULL;
    if (!failing_refuses())
        p = __interceptor_calloc ? __interceptor_calloc(count, n) : __libc_calloc(count, n);
    failing_held += p != NULL;
    return p;
}

FAILING_SHOWN FAILING_PLAIN void *realloc(void *old, size_t n) {
    bool had = old != NULL;
    if (failing_refuses())
        return NULL;
    void *p = __interceptor_realloc ? __interceptor_realloc(old, n) : __libc_realloc(old, n);
    if (!had)
        failing_held += p != NULL;
    else if (n == 0)
        failing_held -= p == NULL;
    return p;
}

FAILING_SHOWN FAILING_PLAIN void free(void *p) {
    failing_held -= p != NULL;
    if (__interceptor_free)
        __interceptor_free(p);
    else
        __libc_free(p);
}

#endif
