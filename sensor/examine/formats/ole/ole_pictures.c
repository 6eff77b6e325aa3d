/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/ole/ole.h"

#include <stdio.h>

/* A record ([MS-ODRAW] section 2.2.1): version and instance, kind, length; of a picture then one or two
 * digests of 16 octets and a tag, then the picture's file. Metafiles are compressed and are left. */

enum { HEAD = 8, DIGEST = 16, FIRST = 0xf01a, LAST = 0xf02a };

static bool is_picture(struct bytes b) {
    static const char *const starts[] = {"\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "II*", "MM", "BM", "GIF8"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (b.n > strlen(starts[i]) && memcmp(b.p, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static size_t take_picture(struct ole *o, struct bytes b, unsigned number) {
    char name[64];
    uint32_t kind = b.p[2] | (uint32_t)b.p[3] << 8;
    uint32_t n = b.p[4] | (uint32_t)b.p[5] << 8 | (uint32_t)b.p[6] << 16 | (uint32_t)b.p[7] << 24;
    if (kind < FIRST || kind > LAST || n > b.n - HEAD || n <= DIGEST + 1)
        return 0;
    for (size_t digests = 1; digests <= 2; digests++) {
        size_t at = HEAD + digests * DIGEST + 1;
        struct bytes body = at < HEAD + n ? bytes_of(b.p + at, HEAD + n - at) : bytes_of(NULL, 0);
        if (!is_picture(body))
            continue;
        snprintf(name, sizeof name, "picture-%u", number);
        ole_give(o, name, body);
        return HEAD + n;
    }
    return 0;
}

void ole_take_pictures(struct ole *o, struct bytes in) {
    unsigned number = 0;
    for (size_t at = 0; at + HEAD + DIGEST < in.n && !o->examined->over;) {
        const uint8_t *p = in.p + at;
        size_t n = p[3] == 0xf0 ? take_picture(o, bytes_of(p, in.n - at), number + 1) : 0;
        number += n > 0;
        at += n > 0 ? n : 1;
    }
}
