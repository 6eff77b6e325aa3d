/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/rsync/rsync_lz4.h"
#include "protocol/rsync/rsync_session.h"

/* The first octet of what stands between bytes that are compressed. */
enum {
    END = 0,
    TOKEN_LONG = 0x20,
    RUN_LONG = 0x21,
    DEFLATED = 0x40,
    TOKEN_RELATIVE = 0x80,
    RUN_RELATIVE = 0xc0
};

/* --- bytes --- */

static struct rsync_file *file_of(struct filter *f) {
    return (struct rsync_file *)((uint8_t *)f - offsetof(struct rsync_file, out));
}

static void put_bytes(struct rsync_file *f, const uint8_t *p, size_t n) {
    f->at += n;
    f->c->services->data(f->c, f->transfer, p, n);
}

static void put_gap(struct rsync_file *f, uint64_t n) {
    if (n == 0)
        return;
    f->at = add_sizes(f->at, n);
    f->c->services->gap(f->c, f->transfer, n);
}

static void take_undone(struct filter *filter, const uint8_t *bytes, size_t n) {
    struct rsync_file *f = file_of(filter);
    if (f->open && !f->blind)
        put_bytes(f, bytes, n);
}

static void take_undone_gap(struct filter *filter, uint64_t n) {
    file_of(filter)->blind = true;
}

static void end_undone(struct filter *filter, enum transfer_end how) {
    struct rsync_file *f = file_of(filter);
    f->blind |= !f->ending;
}

static const struct filter_ops out_ops = {.data = take_undone, .gap = take_undone_gap, .end = end_undone};

static void end_decoder(struct rsync_file *f) {
    f->ending = true;
    if (f->undo)
        filter_end(f->undo, TRANSFER_CUT);
    f->undo = NULL;
    f->ending = false;
}

/* Deflate begins anew with each file, zstd goes on. */
static void begin_decoder(struct rsync_file *f) {
    bool zstd = f->coding == RSYNC_ZSTD;
    struct coding_list list = zstd ? coding_parse(bytes_text("zstd"), 1, false) : coding_bare();
    list.allowance = f->c->allowance;
    f->out = (struct filter){&out_ops, NULL};
    f->undo = f->c->codings ? coding_stack(f->c->codings, &list, &f->out) : &f->out;
    if (f->undo == &f->out) {
        f->undo = NULL;
        f->blind = true;
    }
}

static void undo_bytes(struct rsync_file *f, const uint8_t *p, size_t n) {
    if (f->blind || n == 0)
        return;
    if (!f->undo)
        begin_decoder(f);
    if (f->undo)
        filter_data(f->undo, p, n);
    f->unsynced = true;
}

/* Four octets that every sender leaves out. */
static void sync_deflate(struct rsync_file *f) {
    static const uint8_t mark[] = {0, 0, 0xff, 0xff};
    if (f->unsynced && !f->blind && f->undo && (f->coding == RSYNC_ZLIB || f->coding == RSYNC_ZLIBX))
        filter_data(f->undo, mark, sizeof mark);
    f->unsynced = false;
}

static void undo_lz4(struct rsync_file *f, const uint8_t *p, size_t n) {
    size_t out = 0;
    if (!f->room)
        f->room = protocol_grow(PROTOCOL_HELD, NULL, RSYNC_BLOCK_MAX);
    f->blind |= !f->room || !rsync_lz4_block(bytes_of(p, n), f->room, RSYNC_BLOCK_MAX, &out);
    if (!f->blind && out)
        put_bytes(f, f->room, out);
}

/* --- tokens --- */

/* Blocks that the receiver has, `count` one behind another: they do not move. Behind one zlib refers to what
 * nobody saw. */
static void take_matches(struct rsync_file *f, uint32_t token, uint32_t count) {
    counter_add(COUNTER_RSYNC_MATCHES, count);
    sync_deflate(f);
    uint64_t behind = (uint64_t)token + count, size = (uint64_t)count * f->block;
    if (behind == f->blocks && f->remainder)
        size -= f->block - f->remainder;
    f->token = token + count - 1;
    if (!f->blind)
        put_gap(f, behind <= f->blocks ? size : 1);
    f->blind |= f->coding == RSYNC_ZLIB;
}

static enum rsync_read take_plain(struct rsync_file *f, struct reader *r) {
    uint32_t value;
    if (!reader_u32le(r, &value))
        return RSYNC_MORE;
    if (value == 0)
        return RSYNC_END;
    if (value >> 31)
        take_matches(f, ~value, 1);
    else
        f->literal = value;
    return RSYNC_TAKEN;
}

/* A whole packet, or as much of it as has come. */
static enum rsync_read take_packed(struct rsync_file *f, struct reader *r, uint8_t flag) {
    uint8_t low;
    const uint8_t *bytes;
    if (!reader_u8(r, &low))
        return RSYNC_MORE;
    uint32_t n = (uint32_t)(flag & 0x3f) << 8 | low;
    if (f->coding != RSYNC_LZ4) {
        f->literal = n;
        return RSYNC_TAKEN;
    }
    if (!reader_take(r, n, &bytes))
        return RSYNC_MORE;
    if (!f->blind)
        undo_lz4(f, bytes, n);
    return RSYNC_TAKEN;
}

/* Tokens one behind another count as a run. */
static enum rsync_read take_token(struct rsync_file *f, struct reader *r, uint8_t flag) {
    uint32_t token = f->token + (flag & 0x3f);
    uint16_t run = 0;
    bool runs = flag & 0x80 ? flag & 0x40 : flag & 1;
    if (!(flag & 0x80) && flag != TOKEN_LONG && flag != RUN_LONG)
        return RSYNC_LOST;
    if ((!(flag & 0x80) && !reader_u32le(r, &token)) || (runs && !reader_u16le(r, &run)))
        return RSYNC_MORE;
    take_matches(f, token, run + 1u);
    return RSYNC_TAKEN;
}

static enum rsync_read take_compressed(struct rsync_file *f, struct reader *r) {
    uint8_t flag;
    if (!reader_u8(r, &flag))
        return RSYNC_MORE;
    if ((flag & 0xc0) == DEFLATED)
        return take_packed(f, r, flag);
    if (flag != END)
        return take_token(f, r, flag);
    sync_deflate(f);
    if (f->coding != RSYNC_ZSTD)
        end_decoder(f);
    return RSYNC_END;
}

static size_t take_literal(struct rsync_file *f, const uint8_t *p, size_t n) {
    size_t take = f->literal < n ? f->literal : n;
    if (f->coding == RSYNC_PLAIN)
        put_bytes(f, p, take);
    else
        undo_bytes(f, p, take);
    f->literal -= (uint32_t)take;
    return take;
}

enum rsync_read rsync_file_take(struct rsync_file *f, const uint8_t *p, size_t n, size_t *used) {
    *used = 0;
    if (f->literal) {
        *used = take_literal(f, p, n);
        return RSYNC_TAKEN;
    }
    struct reader r = reader_of(p, n);
    enum rsync_read result = f->coding == RSYNC_PLAIN ? take_plain(f, &r) : take_compressed(f, &r);
    if (result != RSYNC_MORE)
        *used = n - reader_left(&r);
    return result;
}

bool rsync_file_gap(struct rsync_file *f, uint64_t n) {
    if (!f->open || f->coding != RSYNC_PLAIN || n > f->literal)
        return false;
    f->literal -= (uint32_t)n;
    put_gap(f, n);
    return true;
}

/* --- files --- */

void rsync_file_begin(struct rsync_file *f, const struct transfer_seed *seed) {
    bool broken = f->blind && f->coding == RSYNC_ZSTD && f->undo == NULL;
    f->open = true;
    f->at = 0;
    f->token = f->literal = 0;
    f->unsynced = false;
    f->blind = broken;
    f->transfer = f->c->services->begin(f->c, seed);
}

/* What could not be undone is missing. */
void rsync_file_end(struct rsync_file *f, enum transfer_end how) {
    if (!f->open)
        return;
    if (f->blind)
        put_gap(f, f->size > f->at ? f->size - f->at : 1);
    counter_add(COUNTER_RSYNC_NOT_UNDONE, f->blind);
    f->c->services->end(f->c, f->transfer, how);
    f->open = false;
}

void rsync_file_finish(struct rsync_file *f) {
    rsync_file_end(f, TRANSFER_CUT);
    end_decoder(f);
    protocol_free(f->room);
}
