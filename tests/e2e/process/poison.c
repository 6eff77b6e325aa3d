/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Loaded before libcrypto (LD_PRELOAD): a bug in a parser, on demand. Objects are hashed as they pass, so
 * bytes that hold one of these marks crash or hang the worker that meets them, or take it over: it writes a
 * frame to whatever it has open. */
int EVP_DigestUpdate(void *context, const void *bytes, size_t n);

int EVP_DigestUpdate(void *context, const void *bytes, size_t n) {
    static int (*real)(void *, const void *, size_t);
    static const char frame[60] = "\377\377\377\377\377\377\002\0\0\0\0\001\210\265 out of the sensor";
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestUpdate");
    if (memmem(bytes, n, "MARK-THAT-CRASHES", 17))
        *(volatile int *)0 = 0;
    if (memmem(bytes, n, "MARK-THAT-HANGS", 15))
        for (volatile int spin = 1; spin;)
            ;
    if (memmem(bytes, n, "MARK-THAT-SENDS", 15))
        for (int fd = 3; fd < 64; fd++)
            (void)!write(fd, frame, sizeof frame);
    return real(context, bytes, n);
}
