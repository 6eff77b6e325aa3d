/* SPDX-License-Identifier: Apache-2.0 */
#include "same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What stands behind the beginning of a program, a script or other octets (content/unpack/inside.c): the
 * first octet chooses which, the next two how long that is. */

enum { CHOICE = 3, BEFORE_MOST = 4096, MOST = 16 << 10 };

static size_t write_carrier(uint8_t *to, const uint8_t *choice) {
    static const char *const begins[] = {"MZ", "\177ELF", "#!/bin/sh\n", "\x90\x90"};
    const char *begin = begins[choice[0] % 4];
    size_t n = 16 + (choice[1] | (size_t)choice[2] << 8) % (BEFORE_MOST - 16);
    memset(to, choice[0] % 4 == 2 ? '#' : 0x90, n);
    memcpy(to, begin, strlen(begin));
    if (choice[0] % 4 == 2)
        to[n - 1] = '\n';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {
        .objects = 300, .codings.limits.output_max = 1 << 18, .codings.limits.ratio_max = 1 << 20};
    static uint8_t body[BEFORE_MOST + MOST];
    if (n < CHOICE || n > MOST)
        return 0;
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.fact[FACT_NAME] = bytes_text("setup.exe");
    size_t before = write_carrier(body, data);
    memcpy(body + before, data + CHOICE, n - CHOICE);
    /* How far liblzma comes in damaged data depends on how it came. */
    same_result_check(&options, &facts, bytes_of(body, before + n - CHOICE), true);
    return 0;
}
