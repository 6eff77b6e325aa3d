/* SPDX-License-Identifier: Apache-2.0 */
#include "../content/same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const codings[] = {"gzip",
                                      "deflate",
                                      "br",
                                      "base64",
                                      "quoted-printable",
                                      "gzip, gzip",
                                      "base64, gzip",
                                      "gzip, br",
                                      "deflate, zstd, gzip",
                                      "quoted-printable, base64",
                                      "zstd",
                                      "aws-chunked",
                                      "bzip2",
                                      "xz",
                                      "lzma",
                                      "lzip",
                                      "lz4",
                                      "x-bzip2, xz"};

/* The first byte chooses the codings, the rest is the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    /* ratios are looked at once for each piece of output, so they are left to the unit tests */
    static const struct content_options options = {
        .objects = 4, .codings.limits.output_max = 1 << 18, .codings.limits.ratio_max = 1 << 20};
    if (n == 0)
        return 0;
    struct transfer_seed facts = collect_facts("POST", "/upload");
    const char *coding = codings[data[0] % (sizeof codings / sizeof *codings)];
    facts.codings = bytes_text(coding);
    /* How far libbrotli and liblzma come in damaged data depends on how it came. */
    bool partly = strstr(coding, "br") || strstr(coding, "xz") || strstr(coding, "lz");
    same_result_check(&options, &facts, bytes_of(data + 1, n - 1), partly);
    return 0;
}
