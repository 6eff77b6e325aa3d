/* SPDX-License-Identifier: Apache-2.0 */
#include "../content/same_result.h"

#include <zstd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What libzstd compressed comes out again, wherever the pieces end: at any level, with any window, checksum
 * and flush in the midst, in one frame or two, with skippable ones around them. Cut short it is a part of it,
 * and incomplete. What is damaged is fuzz_coding's. */
enum { MOST = 4096, ROOM = 4 * MOST, HEAD = 5, SKIPPABLE = 8 + 16 };
enum { CHECKSUM = 1, CONTENT_SIZE = 2, FLUSH = 4, TWO = 8, BEFORE = 16, BEHIND = 32, CUT = 64 };

static size_t write_skippable(unsigned kind, uint8_t *out) {
    const uint8_t head[8] = {(uint8_t)(0x50 | kind), 0x2a, 0x4d, 0x18, SKIPPABLE - 8};
    memcpy(out, head, sizeof head);
    memset(out + sizeof head, 'p', SKIPPABLE - sizeof head);
    return SKIPPABLE;
}

static size_t compress_frame(struct bytes plain, const uint8_t *how, uint8_t *out, size_t room) {
    ZSTD_CCtx *z = ZSTD_createCCtx();
    ZSTD_inBuffer in = {plain.p, how[2] & FLUSH ? plain.n / 2 : plain.n, 0};
    ZSTD_outBuffer made = {out, room, 0};
    ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, (int)(how[0] % 20) - 2);
    ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, 10 + how[1] % 8);
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, (how[2] & CHECKSUM) != 0);
    if (how[2] & CONTENT_SIZE)
        ZSTD_CCtx_setPledgedSrcSize(z, plain.n);
    if (how[2] & FLUSH && ZSTD_compressStream2(z, &made, &in, ZSTD_e_flush) != 0)
        abort();
    in.size = plain.n;
    if (ZSTD_compressStream2(z, &made, &in, ZSTD_e_end) != 0)
        abort();
    ZSTD_freeCCtx(z);
    return made.pos;
}

static size_t encode(struct bytes plain, const uint8_t *how, uint8_t *out) {
    size_t n = 0, half = how[2] & TWO ? plain.n / 2 : plain.n;
    if (how[2] & BEFORE)
        n += write_skippable(how[3] & 15, out);
    n += compress_frame(bytes_of(plain.p, half), how, out + n, ROOM);
    if (how[2] & TWO)
        n += compress_frame(bytes_of(plain.p + half, plain.n - half), how, out + n, ROOM);
    if (how[2] & BEHIND)
        n += write_skippable(how[3] >> 4, out + n);
    return n;
}

/* Where nothing came out it may be no such body at all, and is kept as it came. */
static void expect(const struct collected *object, struct bytes plain, struct bytes body, bool cut) {
    if (cut && object->bytes == body.n && memcmp(object->data, body.p, body.n) == 0)
        return;
    if (object->bytes > plain.n || (object->bytes > 0 && memcmp(object->data, plain.p, object->bytes) != 0) ||
        object->complete != !cut || (!cut && object->size != plain.n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {
        .objects = 4, .codings = {.memory = 8 << 20, .limits.ratio_max = 1 << 20}};
    static uint8_t body[2 * (ROOM + SKIPPABLE)];
    static struct collector got;
    if (n <= HEAD)
        return 0;
    struct bytes plain = bytes_of(data + HEAD, n - HEAD < MOST ? n - HEAD : MOST);
    struct bytes made = bytes_of(body, encode(plain, data, body));
    bool cut = data[2] & CUT;
    if (cut)
        made.n -= 1 + (data[2] & BEHIND ? data[3] % (SKIPPABLE - 1) : 0);
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.codings = bytes_text("zstd");
    same_result_run(&got, &options, &facts, made, 1 + data[4]);
    /* Behind the last frame nothing of the content is missing, but the body is not whole. */
    expect(collect_ended(&got, 0), plain, made, cut);
    collect_finish(&got);
    return 0;
}
