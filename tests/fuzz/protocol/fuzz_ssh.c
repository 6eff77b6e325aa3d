/* SPDX-License-Identifier: Apache-2.0 */
#include "octets.h"
#include "protocol/ssh/ssh.h"
#include "protocol/structure.h"
#include "protocol/unknown/unknown.h"

/* A flow of SSH 1 or 2, of which what is clear may be an object. What it says of itself is the same however
 * its octets are cut, as long as it stays SSH; what it is for is one of four words. */

const struct protocol *const protocol_table[] = {&protocol_ssh, &protocol_unknown, NULL};

enum { HELD_MOST = 2 * (8192 + 64) /* what both sides say of themselves */ };

static const enum fact said[] = {FACT_SSH_CLIENT, FACT_SSH_SERVER, FACT_SSH_HASSH, FACT_SSH_HASSH_SERVER};

struct outcome {
    bool good;
    unsigned encrypted, cleared;
    uint64_t said[4];
};

static struct outcome run(const uint8_t *data, size_t size, size_t split) {
    struct outcome o = {.good = octets_run(data, size, split, HELD_MOST, STRUCTURE_FIRST)};
    o.encrypted = passage.encrypted;
    o.cleared = passage.cleared;
    for (unsigned i = 0; i < 4; i++)
        o.said[i] = passage.told[said[i]];
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct outcome whole = run(data + 1, size - 1, 0), cut = run(data + 1, size - 1, data[0] % 97 + 1u);
    bool stays = whole.good && cut.good && whole.encrypted == 1 && cut.encrypted == 1 && !whole.cleared &&
                 !cut.cleared;
    if (stays && memcmp(whole.said, cut.said, sizeof whole.said) != 0)
        abort();
    return 0;
}
