/* SPDX-License-Identifier: Apache-2.0 */
#include "../content/same_result.h"

#include <brotli/encode.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What the brotli library compressed comes out again, wherever the pieces end: with any quality, window and
 * mode, flushed in the midst. What is damaged is fuzz_coding's. */
enum { MOST = 4096, ROOM = 4 * MOST, HEAD = 4 };

static size_t encode(struct bytes plain, const uint8_t *how, uint8_t *out) {
    BrotliEncoderState *b = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    size_t room = ROOM, half = plain.n / 2, rest = plain.n - half;
    const uint8_t *in = plain.p;
    BrotliEncoderSetParameter(b, BROTLI_PARAM_QUALITY, how[0] % 10);
    BrotliEncoderSetParameter(b, BROTLI_PARAM_LGWIN, 10 + how[1] % 15);
    BrotliEncoderSetParameter(b, BROTLI_PARAM_MODE, how[2] % 3);
    if ((how[2] & 4 &&
         !BrotliEncoderCompressStream(b, BROTLI_OPERATION_FLUSH, &half, &in, &room, &out, NULL)) ||
        half > plain.n)
        abort();
    rest = plain.n - (size_t)(in - plain.p);
    while (!BrotliEncoderIsFinished(b))
        if (!BrotliEncoderCompressStream(b, BROTLI_OPERATION_FINISH, &rest, &in, &room, &out, NULL))
            abort();
    BrotliEncoderDestroyInstance(b);
    return ROOM - room;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {.objects = 4, .codings.limits.ratio_max = 1 << 20};
    static uint8_t body[ROOM];
    static struct collector got;
    if (n <= HEAD)
        return 0;
    struct bytes plain = bytes_of(data + HEAD, n - HEAD < MOST ? n - HEAD : MOST);
    size_t made = encode(plain, data, body);
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.codings = bytes_text("br");
    same_result_run(&got, &options, &facts, bytes_of(body, made), 1 + data[3]);
    struct collected *object = collect_ended(&got, 0);
    if (object->size != plain.n || !object->complete || memcmp(object->data, plain.p, plain.n) != 0)
        abort();
    collect_finish(&got);
    return 0;
}
