/* SPDX-License-Identifier: Apache-2.0 */
#include "../content/same_result.h"

#include <openssl/evp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What is encoded comes out again, wherever lines break and the pieces end: base64 by OpenSSL,
 * quoted-printable by the rules of RFC 2045 section 6.7. What is damaged is fuzz_coding's. */
enum { MOST = 2048 };

static size_t break_lines(const uint8_t *in, size_t n, uint8_t *out, unsigned width) {
    size_t made = 0;
    for (size_t i = 0; i < n; i++) {
        out[made++] = in[i];
        if (width && i % width == width - 1) {
            out[made++] = '\r';
            out[made++] = '\n';
        }
    }
    return made;
}

static size_t encode_base64(struct bytes in, uint8_t *out, unsigned width) {
    static uint8_t block[2 * MOST];
    int n = EVP_EncodeBlock(block, in.p, (int)in.n);
    return break_lines(block, (size_t)n, out, width);
}

static size_t encode_quoted(struct bytes in, uint8_t *out, unsigned width) {
    static const char digits[] = "0123456789ABCDEF";
    size_t made = 0;
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        if (c > ' ' && c < 0x7f && c != '=') {
            out[made++] = c;
        } else {
            out[made++] = '=';
            out[made++] = (uint8_t)digits[c >> 4];
            out[made++] = (uint8_t)digits[c & 15];
        }
        if (width && i % width == width - 1) {
            memcpy(out + made, "=\r\n", 3);
            made += 3;
        }
    }
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {.objects = 4};
    static uint8_t body[6 * MOST];
    static struct collector got;
    if (n < 3)
        return 0;
    struct bytes plain = bytes_of(data + 2, n - 2 < MOST ? n - 2 : MOST);
    bool quoted = data[0] & 1;
    size_t made = (quoted ? encode_quoted : encode_base64)(plain, body, data[1]);
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.codings = bytes_text(quoted ? "quoted-printable" : "base64");
    same_result_run(&got, &options, &facts, bytes_of(body, made), 1 + data[0]);
    /* Text of the shape of multipart is a container, whose parts come later, and cut where it is not closed.
     */
    struct collected *object = &got.list[0];
    if (object->size != plain.n)
        abort();
    if (!object->container && (!object->complete || memcmp(object->data, plain.p, plain.n) != 0))
        abort();
    collect_finish(&got);
    return 0;
}
