/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/tls/ssl2.h"

#include <stdlib.h>

/* The first octets of a side, behind two that say whose they are (odd: the server's) and how they are cut. A
 * hello takes as many octets as its header says, and tells the same, however it is cut; what is none gives
 * all back. No more than one hello is held. */

enum { HELD_MOST = 8192 + 64 };

static uint64_t told;

static void take_facts(struct conversation *c, const struct bytes *facts) {
    for (unsigned i = 0; i < FACT_COUNT; i++)
        for (size_t k = 0; k < facts[i].n; k++)
            told = told * 31 + facts[i].p[k] + i;
}

static const struct protocol_services services = {.tell = take_facts};

struct outcome {
    enum ssl2_step step;
    bool over;    /* more came than the hello */
    size_t taken; /* octets, where it is over and not sealed */
    uint64_t told;
};

static void check_returned(const struct ssl2 *s, struct bytes all, size_t at) {
    if (s->first_n != at || memcmp(s->first, all.p, at) != 0)
        abort();
}

static struct outcome run(struct bytes all, enum side from, size_t split) {
    struct conversation c = {.services = &services};
    struct ssl2 s = {0};
    struct outcome o = {.step = SSL2_RECORDS};
    size_t at = 0;
    told = 0;
    while (at < all.n && !o.over) {
        size_t n = split && split < all.n - at ? split : all.n - at;
        uint8_t *exact = malloc(n);
        memcpy(exact, all.p + at, n);
        struct bytes in = bytes_of(exact, n);
        o.step = ssl2_take(&s, &c, from, &in);
        if (in.n > n || protocol_memory_used(PROTOCOL_HELD) > HELD_MOST)
            abort();
        at += n - in.n;
        o.over = in.n > 0 || o.step != SSL2_RECORDS;
        free(exact);
    }
    if (o.step == SSL2_WRONG)
        check_returned(&s, all, at);
    o.taken = o.over && o.step == SSL2_RECORDS ? at : 0;
    o.told = told;
    ssl2_finish(&s);
    if (protocol_memory_used(PROTOCOL_HELD) > 0)
        abort();
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3)
        return 0;
    struct bytes all = bytes_of(data + 2, size - 2);
    enum side from = data[0] & 1 ? SIDE_SERVER : SIDE_CLIENT;
    struct outcome whole = run(all, from, 0), cut = run(all, from, data[1] % 31 + 1u);
    if (whole.step != cut.step || whole.over != cut.over || whole.taken != cut.taken ||
        whole.told != cut.told)
        abort();
    if (whole.taken && whole.taken != 2u + ((all.p[0] & 0x7fu) << 8 | all.p[1]))
        abort();
    return 0;
}
