/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/relp.h"

#include <stdlib.h>

/* What a receiver says, whole and in pieces whose size is the first octet. Invariants: the same frames either
 * way, numbers and lengths within their bounds, and each frame written again says the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t mix(uint64_t sum, const void *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ ((const uint8_t *)p)[i]) * UINT64_C(1099511628211);
    return sum;
}

static void check(const struct relp_frame *f) {
    char header[RELP_HEADER_MAX + 1];
    struct bytes rest;
    unsigned code = 0;
    if (f->txnr > RELP_TXNR_MAX || f->data.n > RELP_DATA_KEPT || strlen(f->command) - 1 >= RELP_COMMAND_MAX)
        abort();
    if (relp_code(f->data, &code, &rest) && (code > 999 || rest.n > f->data.n))
        abort();
    if (relp_offers(f->data, "commands", "syslog") && !relp_offers(f->data, "commands", NULL))
        abort();
    if (f->data.n == RELP_DATA_KEPT) /* there was more of it */
        return;
    struct relp_parser again;
    struct relp_frame same = {0};
    relp_begin(&again);
    struct bytes in = bytes_of(header, relp_header(header, f->txnr, f->command, f->data.n)), data = f->data;
    struct bytes end = bytes_text("\n");
    if (relp_parse(&again, &in, &same) != RELP_MORE || relp_parse(&again, &data, &same) != RELP_MORE ||
        relp_parse(&again, &end, &same) != RELP_FRAME)
        abort();
    if (same.txnr != f->txnr || strcmp(same.command, f->command) != 0 || !bytes_equal(same.data, f->data))
        abort();
}

static uint64_t read_in_pieces(const uint8_t *p, size_t n, size_t piece) {
    static struct relp_parser parser;
    struct relp_frame f;
    enum relp_result result = RELP_MORE;
    uint64_t sum = 1;
    relp_begin(&parser);
    for (size_t at = 0; at < n && result != RELP_WRONG; at += piece) {
        struct bytes in = bytes_of(p + at, n - at < piece ? n - at : piece);
        while ((result = relp_parse(&parser, &in, &f)) == RELP_FRAME) {
            check(&f);
            sum =
                mix(mix(mix(sum, &f.txnr, sizeof f.txnr), f.command, strlen(f.command)), f.data.p, f.data.n);
        }
    }
    return sum * 2 + (result == RELP_WRONG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    if (read_in_pieces(data + 1, size - 1, size) != read_in_pieces(data + 1, size - 1, data[0] % 61 + 1))
        abort();
    return 0;
}
