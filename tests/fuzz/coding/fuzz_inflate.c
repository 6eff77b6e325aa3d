/* SPDX-License-Identifier: Apache-2.0 */
#include "../content/same_result.h"

#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What zlib compressed comes out again, wherever the pieces end: with any level, strategy and window, flushed
 * in the midst, in several gzip members, with what is no member behind them. Cut short it is a part of it,
 * and incomplete. What is damaged is fuzz_coding's. */
enum { MOST = 4096, ROOM = 16 * MOST, HEAD = 6 };

static size_t deflate_one(struct bytes plain, const uint8_t *how, int window_bits, uint8_t *out) {
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};
    static const int flushes[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_BLOCK};
    z_stream z = {.next_out = out, .avail_out = ROOM};
    if (deflateInit2(&z, how[0] % 10, Z_DEFLATED, window_bits, 1 + how[1] % 9, strategies[how[2] % 5]) !=
        Z_OK)
        abort();
    size_t half = plain.n / 2;
    z.next_in = (Bytef *)plain.p;
    z.avail_in = (unsigned)half;
    deflate(&z, flushes[how[3] % 4]);
    z.avail_in += (unsigned)(plain.n - half);
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    size_t made = ROOM - z.avail_out;
    deflateEnd(&z);
    return made;
}

static void decode(struct collector *got, const char *coding, struct bytes body, uint32_t pieces) {
    static const struct content_options options = {.objects = 4, .codings.limits.ratio_max = 1 << 20};
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.codings = bytes_text(coding);
    same_result_run(got, &options, &facts, body, pieces);
}

static void expect(const struct collected *object, struct bytes plain) {
    if (object->size != plain.n || !object->complete || memcmp(object->data, plain.p, plain.n) != 0)
        abort();
}

/* Where nothing came out it may be no such body at all, and is kept as it came. */
static void expect_part(const struct collected *object, struct bytes plain, struct bytes cut) {
    if (object->bytes == cut.n && memcmp(object->data, cut.p, cut.n) == 0)
        return;
    if (object->complete || object->bytes > plain.n || memcmp(object->data, plain.p, object->bytes) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    enum { RAW, ZLIB, GZIP, MEMBERS, JUNK, FORMS };
    static uint8_t body[2 * ROOM + 8], twice[2 * MOST];
    static struct collector got;
    if (n <= HEAD)
        return 0;
    struct bytes plain = bytes_of(data + HEAD, n - HEAD < MOST ? n - HEAD : MOST);
    unsigned form = data[4] % FORMS, bits = 9 + data[4] / FORMS % 7;
    int window_bits = form == RAW ? -(int)bits : form == ZLIB ? (int)bits : 16 + (int)bits;
    size_t made = deflate_one(plain, data, window_bits, body);
    if (form == MEMBERS) {
        made += deflate_one(plain, data + 1, window_bits, body + made);
        memcpy(twice, plain.p, plain.n);
        memcpy(twice + plain.n, plain.p, plain.n);
        plain = bytes_of(twice, 2 * plain.n);
    }
    memset(body + made, 'x', 8);
    const char *coding = form <= ZLIB ? "deflate" : "gzip";
    decode(&got, coding, bytes_of(body, made + (form == JUNK ? 8 : 0)), 1 + data[5]);
    expect(collect_ended(&got, 0), plain);
    collect_finish(&got);
    if (form != ZLIB && form != GZIP)
        return 0; /* of the others a part may be a whole */
    struct bytes cut = bytes_of(body, made * data[5] / 256);
    decode(&got, coding, cut, 1 + data[5]);
    if (got.n && data[5] > 128)
        expect_part(collect_ended(&got, 0), plain, cut);
    collect_finish(&got);
    return 0;
}
