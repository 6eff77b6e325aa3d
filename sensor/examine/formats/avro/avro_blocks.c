/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/avro/avro.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

/* "Binary encoding" of numbers and octets, and the codings of blocks. */

bool avro_take(struct reader *r, uint64_t n, struct bytes *out) {
    const uint8_t *p;
    if (n > reader_left(r) || !reader_take(r, (size_t)n, &p))
        return false;
    *out = bytes_of(p, (size_t)n);
    return true;
}

bool avro_read_long(struct reader *r, int64_t *out) {
    uint64_t n = 0;
    uint8_t b = 0x80;
    for (unsigned shift = 0; b & 0x80; shift += 7) {
        if (shift > 63 || !reader_u8(r, &b))
            return false;
        n |= (uint64_t)(b & 0x7f) << shift;
    }
    *out = (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
    return true;
}

bool avro_read_bytes(struct reader *r, struct bytes *out) {
    int64_t n;
    return avro_read_long(r, &n) && n >= 0 && avro_take(r, (uint64_t)n, out);
}

static struct avro_block copy_block(struct bytes b) {
    struct avro_block out = {.p = malloc(b.n + 1), .n = b.n};
    if (out.p && b.n)
        memcpy(out.p, b.p, b.n);
    return out;
}

static struct avro_block inflate_block(struct bytes b, size_t most) {
    struct avro_block out = {.p = NULL};
    z_stream z = {.next_in = (Bytef *)(uintptr_t)b.p, .avail_in = (uInt)b.n};
    size_t room = 0;
    int status = inflateInit2(&z, -15);
    while (status == Z_OK) {
        if (z.total_out == room) {
            size_t wanted = room ? 4 * room : 1 << 16;
            uint8_t *more = room < most ? realloc(out.p, wanted < most ? wanted : most) : NULL;
            if (!more)
                break;
            out.p = more;
            room = wanted < most ? wanted : most;
        }
        z.next_out = out.p + z.total_out;
        z.avail_out = (uInt)(room - z.total_out);
        status = inflate(&z, Z_NO_FLUSH);
    }
    out.n = z.total_out;
    inflateEnd(&z);
    if (status == Z_STREAM_END)
        return out;
    free(out.p);
    return (struct avro_block){.p = NULL};
}

static struct avro_block zstd_block(struct bytes b, size_t most) {
    unsigned long long n = ZSTD_getFrameContentSize(b.p, b.n);
    n = n == ZSTD_CONTENTSIZE_UNKNOWN || n == ZSTD_CONTENTSIZE_ERROR ? 64 * (unsigned long long)b.n + 65536
                                                                     : n;
    struct avro_block out = {.p = n <= most ? malloc((size_t)n + 1) : NULL};
    size_t got = out.p ? ZSTD_decompress(out.p, (size_t)n, b.p, b.n) : 0;
    if (out.p && !ZSTD_isError(got)) {
        out.n = got;
        return out;
    }
    free(out.p);
    return (struct avro_block){.p = NULL};
}

/* Snappy's format description, section 2: literals, and copies of what came before. False: it is broken. */
static bool snappy_element(struct reader *r, struct avro_block *out, size_t all) {
    struct bytes literal;
    uint8_t tag, b[4] = {0};
    reader_u8(r, &tag);
    size_t n = (size_t)(tag >> 2) + 1, back;
    if ((tag & 3) == 0) {
        size_t more = n > 60 ? n - 60 : 0;
        for (size_t i = 0; i < more; i++)
            if (!reader_u8(r, &b[i]))
                return false;
        if (more)
            n = (size_t)(b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24) + 1;
        if (n > all - out->n || !avro_take(r, n, &literal))
            return false;
        memcpy(out->p + out->n, literal.p, n);
        out->n += n;
        return true;
    }
    size_t octets = (tag & 3) == 1 ? 1 : (tag & 3) == 2 ? 2 : 4;
    for (size_t i = 0; i < octets; i++)
        if (!reader_u8(r, &b[i]))
            return false;
    back = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    if ((tag & 3) == 1) {
        back |= (size_t)(tag >> 5) << 8;
        n = (size_t)(tag >> 2 & 7) + 4;
    }
    if (back == 0 || back > out->n || n > all - out->n)
        return false;
    for (size_t i = 0; i < n; i++, out->n++)
        out->p[out->n] = out->p[out->n - back];
    return true;
}

/* Four octets of a sum stand behind it. */
static struct avro_block snappy_block(struct bytes b, size_t most) {
    struct reader r = reader_of(b.p, b.n >= 4 ? b.n - 4 : 0);
    struct avro_block out = {.p = NULL};
    uint64_t all = 0;
    uint8_t octet = 0x80;
    for (unsigned shift = 0; octet & 0x80; shift += 7) {
        if (shift > 28 || !reader_u8(&r, &octet))
            return out;
        all |= (uint64_t)(octet & 0x7f) << shift;
    }
    out.p = all <= most ? malloc((size_t)all + 1) : NULL;
    while (out.p && reader_left(&r) > 0)
        if (!snappy_element(&r, &out, (size_t)all)) {
            free(out.p);
            return (struct avro_block){.p = NULL};
        }
    return out;
}

struct avro_block avro_undo(struct bytes coding, struct bytes block, size_t most) {
    if (coding.n == 0 || bytes_equal(coding, bytes_text("null")))
        return block.n <= most ? copy_block(block) : (struct avro_block){.p = NULL};
    if (bytes_equal(coding, bytes_text("deflate")))
        return inflate_block(block, most);
    if (bytes_equal(coding, bytes_text("snappy")))
        return snappy_block(block, most);
    if (bytes_equal(coding, bytes_text("zstandard")))
        return zstd_block(block, most);
    return (struct avro_block){.p = NULL};
}
