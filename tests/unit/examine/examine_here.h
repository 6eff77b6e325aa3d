/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_EXAMINE_HERE_H
#define GANTRY_TESTS_EXAMINE_HERE_H

#include "../content/collect.h"

#include "examine/examine.h"
#include "examine/slots.h"

/* For tests and fuzz targets of examine/: content/ that examines what it gathers by itself. */

static struct examine_slots here_slots;
static struct examine_options here_options;

static inline void here_begin(size_t memory) {
    setting_defaults(examine_settings, &here_options);
    uint8_t *area = calloc(1, memory);
    assert(area && slots_init(&here_slots, area, memory, here_options.size_max, 8));
    examine_use(&here_slots, &here_options, true);
}

static inline bool here_is_clear(void) {
    for (size_t i = 0; i < here_slots.blocks * EXAMINE_BLOCK; i++)
        if (here_slots.bytes[i] != 0)
            return false;
    return true;
}

static inline void here_finish(void) {
    examine_use(NULL, NULL, true);
    free(here_slots.bytes);
    slots_finish(&here_slots);
}

/* What pays for a file itself; NULL: nobody has to. */
static struct allowance *here_payer;

static struct allowance *here_allowance(void *context, void *owner) {
    struct allowance *purse = examine_purse();
    return purse ? purse : here_payer;
}

static inline struct content *here_content(struct collector *c) {
    struct object_sink sink = collect_sink(c);
    struct content_options o = {.objects = 256};
    struct content_parts parts = collect_parts(&o);
    parts.unpackers = examine_unpackers(unpacker_table);
    sink.allowance = here_allowance;
    return content_create(&o, &parts, &sink);
}

/* `lost` octets at `gap` are missing; 0: none are. */
static inline void here_send(struct collector *got, const char *name, struct bytes body, size_t split,
                             size_t gap, size_t lost) {
    struct transfer_seed seed = transfer_seed_of("test", SIDE_CLIENT);
    seed.fact[FACT_NAME] = bytes_text(name);
    collect_send(here_content(got), &seed, body, split, gap, lost);
}

#endif
