/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/content/collect.h"
#include "content/unpack/entity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* An unpacker that takes all that its object holds for the head of a part. */

static struct bytes head;
static bool byteranges;

struct part {
    struct filter filter;
    struct unpack *unpack;
};

static void ignore_data(struct filter *f, const uint8_t *bytes, size_t n) {
}

static void ignore_gap(struct filter *f, uint64_t n) {
}

static void begin_part(struct filter *f, enum transfer_end how) {
    static const char body[] = "QUIxMiBDREUK\r\n";
    struct part *p = (struct part *)f;
    struct entity_rules rules = {.byteranges = byteranges, .type = bytes_text("text/plain")};
    uint8_t *room = malloc(head.n); /* so that a sanitizer sees every step too far */
    memcpy(room, head.p, head.n);
    struct filter *child = entity_begin(p->unpack, room, head.n, &rules);
    free(room); /* nothing points into it any more */
    if (child) {
        filter_data(child, (const uint8_t *)body, sizeof body - 1);
        filter_end(child, how);
    }
    free(p);
}

static const struct filter_ops part_ops = {.data = ignore_data, .gap = ignore_gap, .end = begin_part};

static bool matches_outermost(const struct file_type *type, struct bytes declared) {
    return bytes_equal(declared, bytes_text("x-fuzz/head"));
}

static struct filter *create_part(struct unpack *u) {
    struct part *p = malloc(sizeof *p);
    if (unpack_object(u)->depth > 0) {
        free(p);
        return NULL;
    }
    *p = (struct part){.filter = {.ops = &part_ops}, .unpack = u};
    return &p->filter;
}

static const struct unpacker unpacker_head = {
    .name = "head", .kind = UNPACK_FILE, .matches = matches_outermost, .create = create_part};
static const struct unpacker *const table[] = {&unpacker_head, NULL};

/* The first octet says whether it is a part of byteranges; the rest is the head, at most as long as a caller
 * keeps one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static struct collector got;
    struct content_options options = {
        .objects = 16, .assembly_bytes = 1 << 20, .codings.limits.output_max = 1 << 18};
    struct content_parts parts = collect_parts(&options);
    struct object_sink sink = collect_sink(&got);
    struct transfer_seed facts = collect_facts("POST", "/upload");
    struct conversation conversation = collect_conversation(1);
    parts.unpackers = table;
    byteranges = n > 0 && (data[0] & 1);
    head = n > 0 ? bytes_of(data + 1, n - 1 < 8192 ? n - 1 : 8192) : bytes_of(data, 0);
    facts.fact[FACT_DECLARED_TYPE] = bytes_text("x-fuzz/head");
    struct content *c = content_create(&options, &parts, &sink);
    struct transfer *t = content_begin(c, &conversation, NULL, &facts);
    content_data(&conversation, t, (const uint8_t *)"head", 4);
    content_end(&conversation, t, TRANSFER_DONE);
    content_tick(c, 2000 * NS_PER_S); /* pieces and ranges wait for the rest of their whole */
    collect_destroy(c);
    if (got.n == 0 || got.n > 2)
        abort();
    collect_finish(&got);
    return 0;
}
