/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/pcapng.h"

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Sections 3.1, 4.1 and 4.2 of the draft: a block begins with type and length, both in the byte order that
 * the section's header names behind them; an interface's description has its snapshot length behind its link
 * type. */
enum {
    SECTION = 0x0a0d0d0a, /* the same in both orders */
    INTERFACE = 1,
    SAME_ORDER = 0x1a2b3c4d,
    HEAD = 16, /* of a block: as much of it as is looked at */
    LEAST = 12,
    SNAPSHOT_AT = 12,
};

struct pcapng {
    FILE *raw;
    bool swapped;
    uint64_t left; /* bytes of the current block behind its head */
    uint8_t head[HEAD];
    size_t head_size, head_given;
};

static uint32_t number_at(const struct pcapng *p, size_t at) {
    uint32_t v;
    memcpy(&v, p->head + at, sizeof v);
    return p->swapped ? __builtin_bswap32(v) : v;
}

/* The next block's head, as much as the block has. A file that is damaged is given as it is: libpcap tells.
 */
static void read_head(struct pcapng *p) {
    p->head_given = 0;
    p->head_size = fread(p->head, 1, LEAST, p->raw);
    p->left = UINT64_MAX;
    if (p->head_size < LEAST)
        return;
    if (number_at(p, 0) == SECTION) {
        p->swapped = false;
        p->swapped = number_at(p, 8) != SAME_ORDER;
    }
    uint32_t type = number_at(p, 0), length = number_at(p, 4);
    if (length < LEAST)
        return;
    p->left = length - LEAST;
    if (type != INTERFACE || p->left < HEAD - LEAST)
        return;
    size_t more = fread(p->head + LEAST, 1, HEAD - LEAST, p->raw);
    p->head_size += more;
    p->left -= more;
    if (more == HEAD - LEAST)
        memset(p->head + SNAPSHOT_AT, 0, sizeof(uint32_t));
}

static ssize_t read_bytes(void *cookie, char *out, size_t n) {
    struct pcapng *p = cookie;
    size_t given = 0;
    while (given < n) {
        if (p->head_given == p->head_size && p->left == 0)
            read_head(p);
        size_t from_head = p->head_size - p->head_given;
        from_head = from_head < n - given ? from_head : n - given;
        memcpy(out + given, p->head + p->head_given, from_head);
        p->head_given += from_head;
        given += from_head;
        if (p->head_given < p->head_size || given == n)
            continue;
        size_t wanted = p->left < n - given ? (size_t)p->left : n - given;
        size_t got = fread(out + given, 1, wanted, p->raw);
        p->left -= got;
        given += got;
        if (got < wanted || (wanted == 0 && feof(p->raw)))
            break;
    }
    return given == 0 && ferror(p->raw) ? -1 : (ssize_t)given;
}

static int close_cookie(void *cookie) {
    free(cookie);
    return 0;
}

FILE *pcapng_open(FILE *raw) {
    struct pcapng *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->raw = raw;
    FILE *f = fopencookie(p, "r", (cookie_io_functions_t){.read = read_bytes, .close = close_cookie});
    if (!f)
        free(p);
    return f;
}
