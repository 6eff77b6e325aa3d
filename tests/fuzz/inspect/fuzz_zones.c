/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/zones.h"
#include "pieces.h"

/* Text in pieces: the zones in it are the same however it is cut. The first byte chooses the size of the
 * pieces, and whether bytes are missing in the middle. */
struct run {
    struct zone_reader *z;
    struct zone_sink sink;
};

static void take_zone(void *context, struct bytes number) {
    struct seen *s = context;
    if (number.n == 0 || number.n > 9 || ++s->count > ZONES_MAX)
        abort();
    for (size_t i = 0; i < number.n; i++) {
        uint8_t c = number.p[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && c != '<')
            abort();
        seen_add(s, c);
    }
}

static void push_zones(void *reader, struct bytes piece) {
    struct run *r = reader;
    zone_reader_push(r->z, &r->sink, piece);
}

static void end_zones(void *reader) {
    struct run *r = reader;
    zone_reader_end(r->z, &r->sink);
}

static struct seen read_all(struct bytes in, size_t piece, size_t gap) {
    static const struct pieces to = {push_zones, end_zones};
    struct seen out = {0};
    struct run r = {malloc(sizeof *r.z), {&out, take_zone}};
    zone_reader_init(r.z);
    push_pieces(&to, &r, in, piece, gap);
    end_zones(&r);
    free(r.z);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > 1 << 16)
        return 0;
    struct bytes in = bytes_of(data + 1, size - 1);
    size_t gap = data[0] & 1 ? in.n / 2 : SIZE_MAX;
    struct seen whole = read_all(in, in.n, gap), parts = read_all(in, 1 + 7 * (size_t)(data[0] >> 1), gap);
    if (whole.digest != parts.digest || whole.count != parts.count)
        abort();
    return 0;
}
