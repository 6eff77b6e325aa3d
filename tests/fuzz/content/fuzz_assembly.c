/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/content/collect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Transfers over a few connections, all of one thing of 16 KiB whose bytes tell their offset: whatever comes
 * in whatever order, a byte of an object must be the one that belongs there. Four bytes make a step. */

enum { SLOTS = 8, SIZE = 16 << 10 };

static struct collector got;
static uint8_t thing[2 * SIZE];

static void data_checked(void *context, struct object *o, const uint8_t *bytes, size_t n) {
    struct collected *x = o->inspection;
    uint64_t at = o->offset + x->bytes + x->gaps;
    if (at + n > sizeof thing || memcmp(bytes, thing + at, n) != 0)
        abort();
    collect_data(context, o, bytes, n);
}

struct slot {
    struct conversation conversation;
    struct transfer *transfer;
    uint64_t at;
    bool written; /* in place */
};

static void begin(struct content *c, struct slot *s, const uint8_t *step) {
    static const char *const methods[] = {"GET", "PUT", "STOR", "RETR"};
    struct transfer_seed facts = collect_facts(methods[step[1] & 3], step[1] & 4 ? "/one" : "/two");
    facts.from = step[1] & 1 ? SIDE_SERVER : SIDE_CLIENT;
    bool partial = step[1] & 8, ftp = step[1] & 2;
    facts.offset = partial ? (uint64_t)(step[2] * 64) : 0;
    if (ftp)
        collect_ftp(&facts, partial, facts.offset);
    else if (partial)
        facts.resume = RESUME_RANGE;
    if (step[0] & 16) { /* a file that is written in place */
        facts.resume = RESUME_WRITE;
        facts.resumable = false;
        facts.offset = 0;
    }
    if (step[1] & 16)
        facts.total = partial || ftp ? SIZE : LENGTH_UNKNOWN;
    facts.length = step[1] & 32 ? (uint64_t)(step[3] * 64) : LENGTH_UNKNOWN;
    facts.etag = bytes_text(step[1] & 64 ? "\"a\"" : "");
    content_end(&s->conversation, s->transfer, TRANSFER_CUT);
    s->transfer = content_begin(c, &s->conversation, NULL, &facts);
    s->at = facts.offset;
    s->written = facts.resume == RESUME_WRITE;
}

static void step_run(struct content *c, struct slot *slots, const uint8_t *step, time_ns *now) {
    struct slot *s = &slots[step[0] >> 5];
    uint64_t n = (uint64_t)step[2] * 16 + step[3] % 16;
    s->conversation.now = *now;
    switch (step[0] & 7) {
    case 0:
    case 1:
        begin(c, s, step);
        return;
    case 2:
        content_gap(&s->conversation, s->transfer, n);
        s->at += n;
        return;
    case 3:
        content_end(&s->conversation, s->transfer, step[1] % 3);
        s->transfer = NULL;
        return;
    case 4:
        *now += step[1] * NS_PER_S;
        content_tick(c, *now);
        return;
    case 5:
        if ((uint64_t)step[1] * 64 + n > sizeof thing)
            return;
        content_write(&s->conversation, s->transfer, (uint64_t)step[1] * 64, thing + step[1] * 64, n);
        if (s->written && n > 0)
            s->at = (uint64_t)step[1] * 64 + n;
        return;
    default:
        if (s->at + n > sizeof thing)
            n = s->at < sizeof thing ? sizeof thing - s->at : 0;
        content_data(&s->conversation, s->transfer, n ? thing + s->at : thing, n);
        s->at += n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {.objects = 12, .assembly_bytes = 3 * 16400};
    struct object_sink sink = collect_sink(&got);
    struct slot slots[SLOTS];
    time_ns now = 1000 * NS_PER_S;
    sink.data = data_checked;
    for (size_t i = 0; i < sizeof thing; i++)
        thing[i] = (uint8_t)(i * 7 + i / 256);
    struct content_options o = options;
    const struct content_parts parts = collect_parts(&o);
    struct content *c = content_create(&o, &parts, &sink);
    for (unsigned i = 0; i < SLOTS; i++)
        slots[i] = (struct slot){.conversation = collect_conversation(i)};
    for (; n >= 4 && got.n < COLLECT_MAX - 64; data += 4, n -= 4)
        step_run(c, slots, data, &now);
    collect_destroy(c);
    collect_finish(&got);
    return 0;
}
