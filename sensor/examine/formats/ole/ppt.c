/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/ole/ole.h"

#include <stdlib.h>

/* PowerPoint 97 and later ([MS-PPT] section 2.3): records within records; those that hold text are told. */
void ole_take_powerpoint(struct ole *o, int entry) {
    enum { HEAD = 8, CONTAINER = 0xf, CHARACTERS = 0x0fa0, OCTETS = 0x0fa8, STRING = 0x0fba };
    struct ole_bytes b = ole_read(o, entry);
    for (size_t at = 0; at + HEAD <= b.n && !o->examined->over;) {
        const uint8_t *p = b.p + at;
        unsigned kind = (unsigned)(p[2] | p[3] << 8);
        size_t n = p[4] | (size_t)p[5] << 8 | (size_t)p[6] << 16 | (size_t)p[7] << 24;
        at += HEAD;
        if ((p[0] & 0xf) == CONTAINER)
            continue;
        n = n < b.n - at ? n : b.n - at;
        if (kind == CHARACTERS || kind == STRING)
            ole_put_utf16(o, bytes_of(b.p + at, n));
        else if (kind == OCTETS)
            ole_put_latin(o, bytes_of(b.p + at, n));
        if (kind == CHARACTERS || kind == STRING || kind == OCTETS)
            ole_put_text(o, "\n", 1);
        at += n;
    }
    free(b.p);
}
