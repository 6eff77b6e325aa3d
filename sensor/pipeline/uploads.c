/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/uploads.h"

static void close_upload(struct uploads *u, uint64_t octets, time_ns now) {
    u->run = 0;
    if (octets < UPLOAD_LEAST)
        return;
    u->first = u->count ? u->first : now;
    u->last = now;
    u->count++;
    u->untold++;
    upload_sizes_add(&u->sizes, octets);
}

void uploads_out(struct uploads *u, uint32_t n, time_ns now) {
    static const time_ns pause = 200 * NS_PER_MS;
    if (u->answered && now - u->sent > pause)
        close_upload(u, u->run, now);
    u->answered = false;
    u->sent = now;
    u->run += n;
    u->turn = n < UINT32_MAX - u->turn ? u->turn + n : UINT32_MAX;
    u->packets++;
    u->segment = n;
    if (n > u->longest)
        u->longest = n;
}

/* One of several, as long as the path takes and as any: more of it waits behind. */
static bool is_full(const struct uploads *u) {
    enum { SEGMENT_LEAST = 1200 };
    return u->packets > 1 && u->segment == u->longest && u->segment >= SEGMENT_LEAST;
}

void uploads_answer(struct uploads *u, const struct upload_manner *manner, uint32_t n, bool acknowledges,
                    time_ns now) {
    enum { SHORT_MESSAGE = 512 };
    if (manner->pieces && u->turn > 0 && u->turn <= SHORT_MESSAGE && acknowledges)
        close_upload(u, u->run - u->turn, now);
    else if (!manner->pieces && u->run > 0 && acknowledges && n >= manner->least && !is_full(u))
        close_upload(u, u->run, now);
    u->answered |= !manner->pieces && n >= manner->least;
    u->turn = u->packets = 0;
}
