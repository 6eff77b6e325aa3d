/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "events.h"
#include "protocol/ftp/ftp.h"

/* A control channel and its data flows. Whatever comes, the same transfers must come at any split, all must
 * end, and nothing may leak. */

/* Without HTTP: flows that nobody announced are not this target's matter. */
const struct protocol *const protocol_table[] = {&protocol_ftp, &protocol_ftp_data, NULL};

static struct world *run(const uint8_t *data, size_t size, size_t split) {
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {198, 51, 100, 2};
    struct world *w = world_create(&(struct dispatch_options){.conversations = WORLD_FLOWS});
    world_open(w, (struct endpoint){address_from_v4(a), 40000}, (struct endpoint){address_from_v4(b), 21});
    const struct expectation e = {.protocol = (uint8_t)dispatcher_number(w->dispatcher, &protocol_ftp)};
    conversation_announce(w->dispatcher, w->flow[0], &e);
    play_events(w, reader_of(data, size), split);
    end_events(w);
    return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct world *whole = run(data + 1, size - 1, 0), *split = run(data + 1, size - 1, data[0] % 7 + 1u);
    if (!world_same_transfers(whole, split))
        abort();
    world_destroy(whole);
    world_destroy(split);
    return 0;
}
