/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/place.h"
#include "report/fleet/slots.h"

#include <stdlib.h>

/* What an engine says, whole and in pieces whose size is the first octet, taken for whatever is asked of it.
 * Invariants: as many answers either way, slots and addresses within their bounds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(const char *address) {
    size_t n = strnlen(address, SLOT_ADDRESS_MAX);
    if (n == 0 || n == SLOT_ADDRESS_MAX || strpbrk(address, " \r\n/\"'") || !strchr(address, ':'))
        abort();
}

static void check_range(void *context, unsigned first, unsigned last, const char *address) {
    if (first > last || last >= SLOTS)
        abort();
    check_address(address);
}

static void use_answer(const redisReply *r) {
    struct share_amount sum = {.objects = 0};
    static const struct fleet_secret secret;
    static uint8_t open[1 << 20];
    char address[SLOT_ADDRESS_MAX];
    size_t n;
    unsigned slot;
    bool day;
    int64_t index;
    slots_read(r, "127.0.0.1:6379", check_range, NULL);
    place_add_up(r, "a/1", &sum, &n);
    if (r->type == REDIS_REPLY_ERROR &&
        slots_redirect(reply_bytes(r), "[::1]:6379", &slot, address) != REDIRECT_NONE) {
        check_address(address);
        if (slot >= SLOTS)
            abort();
    }
    if (!reply_is_text(r))
        return;
    if (slot_of(reply_bytes(r)) >= SLOTS)
        abort();
    if (place_read_bucket(reply_bytes(r), &day, &index) && index < 0)
        abort();
    if (r->len < sizeof open && secret_open(&secret, bytes_text("p"), reply_bytes(r), open, &n) &&
        n + SEAL_MORE != r->len)
        abort();
}

static size_t read_in_pieces(const uint8_t *p, size_t n, size_t piece) {
    struct reply_reader reader;
    redisReply *reply = NULL;
    size_t answers = 0;
    bool good = reply_begin(&reader);
    for (size_t at = 0; good && at < n; at += piece) {
        good = reply_feed(&reader, p + at, n - at < piece ? n - at : piece);
        while (good && (good = reply_next(&reader, &reply)) && reply) {
            use_answer(reply);
            freeReplyObject(reply);
            answers++;
        }
    }
    reply_finish(&reader);
    return answers;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    if (read_in_pieces(data + 1, size - 1, size) != read_in_pieces(data + 1, size - 1, data[0] % 61 + 1))
        abort();
    return 0;
}
