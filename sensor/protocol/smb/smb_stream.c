/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

/* Frames ([MS-SMB2] section 2.1; RFC 1002 section 4.3), messages in them, data in these. Where no frame
 * begins one is looked for. */

enum {
    FRAME_HEADER = 4,
    MARK = 4,
    SESSION_MESSAGE = 0,
    SESSION_FIRST = 0x81,
    SESSION_LAST = 0x85,
    TAIL = SMB_FIND_OCTETS - 1
};

static void gather_head(struct smb_stream *st, uint16_t want) {
    st->head_n = 0;
    st->want = want;
}

/* --- what is no frame --- */

void smb_stray(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n) {
    if (n == 0)
        return;
    if (!st->stray_open) {
        const struct transfer_seed seed = transfer_seed_of("smb", st->from);
        counter_one(COUNTER_SMB_STRAYS);
        st->stray = s->c->services->begin(s->c, &seed);
        st->stray_open = true;
    }
    s->c->services->data(s->c, st->stray, p, n);
}

void smb_stray_end(struct smb *s, struct smb_stream *st) {
    if (st->stray_open)
        s->c->services->end(s->c, st->stray, TRANSFER_UNKNOWN);
    st->stray_open = false;
    st->stray = NULL;
}

/* Octets that are held are none of a frame after all, but for the last ones. */
static void hold_tail(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n) {
    size_t held = st->head_n, keep = n < TAIL ? n : TAIL, old = TAIL - keep < held ? TAIL - keep : held;
    smb_stray(s, st, st->head, held - old);
    memmove(st->head, st->head + held - old, old);
    smb_stray(s, st, p, n - keep);
    memcpy(st->head + old, p + n - keep, keep);
    st->head_n = (uint16_t)(old + keep);
}

/* How much of the run was taken: all, or up to where the frame begins. */
static size_t look_for_frame(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n) {
    uint8_t seam[2 * TAIL];
    size_t held = st->head_n, more = n < TAIL ? n : TAIL;
    memcpy(seam, st->head, held);
    memcpy(seam + held, p, more);
    size_t at = smb_find(bytes_of(seam, held + more));
    if (at >= held)
        at = at < held + more ? at - held : smb_find(bytes_of(p, n));
    else { /* it begins among those held, which are gathered again */
        smb_stray(s, st, seam, at);
        smb_stray_end(s, st);
        gather_head(st, FRAME_HEADER);
        st->at = SMB_AT_FRAME;
        smb_stream_take(s, st->from, seam + at, held - at);
        return 0;
    }
    if (at == n) {
        hold_tail(s, st, p, n);
        return n;
    }
    smb_stray(s, st, st->head, held);
    smb_stray(s, st, p, at);
    smb_stray_end(s, st);
    gather_head(st, FRAME_HEADER);
    st->at = SMB_AT_FRAME;
    return at;
}

/* The head that was gathered is none: what of it may be one still? */
static void look_again(struct smb *s, struct smb_stream *st) {
    uint8_t copy[SMB_HEAD_MAX + FRAME_HEADER];
    size_t n = st->head_n;
    memcpy(copy, st->head, n);
    st->head_n = 0;
    st->at = SMB_AT_NOTHING;
    hold_tail(s, st, copy, n);
}

/* --- frames and messages --- */

static void begin_message(struct smb_stream *st, uint32_t length) {
    st->left = length;
    st->taken = 0;
    st->data = (struct smb_data){.open = NULL};
    gather_head(st, MARK);
    st->at = SMB_AT_HEAD;
}

static void forget_related(struct smb_stream *st) {
    smb_known_unpin(st->related ? &st->related->known : NULL);
    st->related = NULL;
}

static void begin_frame(struct smb_stream *st) {
    forget_related(st);
    gather_head(st, FRAME_HEADER);
    st->at = SMB_AT_FRAME;
}

static void drop_data(struct smb_stream *st) {
    smb_known_unpin(st->data.open ? &st->data.open->known : NULL);
    st->data = (struct smb_data){.open = NULL};
}

static void end_message(struct smb *s, struct smb_stream *st) {
    if (st->data.lists)
        smb_list_pause(s);
    drop_data(st);
    if (st->frame_left) {
        uint32_t length = st->frame_left;
        st->frame_left = 0;
        begin_message(st, length);
    } else {
        begin_frame(st);
    }
}

/* False: it is no frame. */
static bool take_frame_header(struct smb_stream *st) {
    const uint8_t *p = st->head;
    uint32_t length = (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    if (p[0] == SESSION_MESSAGE && length >= MARK) {
        st->frame_left = 0;
        begin_message(st, length);
        return true;
    }
    bool session = p[0] >= SESSION_FIRST && p[0] <= SESSION_LAST && length < 256;
    if (!session && (p[0] != SESSION_MESSAGE || length > 0))
        return false;
    st->left = length;
    st->frame_left = 0;
    st->at = SMB_AT_REST;
    if (length == 0)
        begin_frame(st);
    return true;
}

/* Data that stands in the head already, as far as there is any. */
static void take_data_in_head(struct smb *s, struct smb_stream *st) {
    struct smb_data *d = &st->data;
    if (d->left == 0)
        return;
    uint32_t here = d->before < st->head_n ? st->head_n - d->before : 0;
    if (here > d->left)
        here = d->left;
    if (here && d->open)
        smb_move_bytes(s, d->open, st->from, d->offset, st->head + d->before, here);
    else if (here && d->lists)
        smb_list_bytes(s, st->head + d->before, here);
    else if (here && d->stray)
        smb_stray(s, st, st->head + d->before, here);
    d->offset = add_sizes(d->offset, here);
    d->left -= here;
    d->before = d->before < st->head_n ? 0 : d->before - st->head_n;
    if (d->left > 0)
        st->at = SMB_AT_DATA;
}

/* By the mark of the message: who reads its head. False: nobody knows it. */
static bool take_head(struct smb *s, struct smb_stream *st) {
    static const uint8_t smb1[] = {0xff, 'S', 'M', 'B'}, smb2[] = {0xfe, 'S', 'M', 'B'};
    static const uint8_t sealed[] = {0xfd, 'S', 'M', 'B'}, sealed1[] = {0xff, 'E'};
    static const uint8_t packed[] = {0xfc, 'S', 'M', 'B'};
    if (memcmp(st->head, smb2, MARK) == 0)
        return smb2_take_head(s, st);
    if (memcmp(st->head, smb1, MARK) == 0)
        return smb1_take_head(s, st);
    if (memcmp(st->head, packed, MARK) == 0 && smb_packed_begin(st, bytes_of(st->head, MARK))) {
        st->at = SMB_AT_PACKED;
        return st->left > 0;
    }
    if (memcmp(st->head, sealed, MARK) != 0 && memcmp(st->head, sealed1, sizeof sealed1) != 0)
        return false;
    counter_one(COUNTER_SMB_SEALED);
    s->c->services->encrypted(s->c);
    return true;
}

/* The head is there as far as it was wanted. */
static bool finish_head(struct smb *s, struct smb_stream *st) {
    uint16_t had = st->want;
    st->at = SMB_AT_REST;
    if (!take_head(s, st) && (st->head_n != MARK || !smb_file_take_raw(s, st)))
        return false;
    if (st->want > had && st->left > 0 && st->at == SMB_AT_REST) {
        if (st->want > SMB_HEAD_MAX)
            st->want = SMB_HEAD_MAX;
        st->at = SMB_AT_HEAD;
        return true;
    }
    take_data_in_head(s, st);
    if (st->left == 0)
        end_message(s, st);
    return true;
}

/* --- the steps --- */

static size_t fill_head(struct smb_stream *st, const uint8_t *p, size_t n) {
    size_t take = (size_t)(st->want - st->head_n);
    if (st->at == SMB_AT_HEAD && take > st->left)
        take = st->left;
    if (take > n)
        take = n;
    memcpy(st->head + st->head_n, p, take);
    st->head_n = (uint16_t)(st->head_n + take);
    if (st->at == SMB_AT_HEAD) {
        st->left -= (uint32_t)take;
        st->taken += (uint32_t)take;
    }
    return take;
}

static size_t take_header(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n) {
    size_t take = fill_head(st, p, n);
    bool whole = st->head_n == st->want || (st->at == SMB_AT_HEAD && st->left == 0), good = true;
    if (whole)
        good = st->at == SMB_AT_FRAME ? take_frame_header(st) : finish_head(s, st);
    if (!good)
        look_again(s, st);
    return take;
}

static void pass(struct smb_stream *st, size_t n) {
    st->left -= (uint32_t)n;
    st->taken += (uint32_t)n;
}

static size_t take_data(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n) {
    struct smb_data *d = &st->data;
    size_t take = d->before ? d->before : d->left;
    if (take > n)
        take = n;
    if (d->before) {
        d->before -= (uint32_t)take;
    } else {
        if (d->open)
            smb_move_bytes(s, d->open, st->from, d->offset, p, take);
        else if (d->lists)
            smb_list_bytes(s, p, take);
        else if (d->stray)
            smb_stray(s, st, p, take);
        d->offset = add_sizes(d->offset, take);
        d->left -= (uint32_t)take;
    }
    pass(st, take);
    if (st->left == 0)
        end_message(s, st);
    else if (d->left == 0)
        st->at = SMB_AT_REST;
    return take;
}

static size_t take_packed(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n) {
    size_t take = st->left < n ? st->left : n;
    if (!smb_packed_take(s, st, p, take))
        st->at = SMB_AT_REST;
    pass(st, take);
    if (st->left > 0)
        return take;
    if (st->at == SMB_AT_PACKED)
        smb_packed_end(s, st);
    end_message(s, st);
    return take;
}

static size_t take_rest(struct smb *s, struct smb_stream *st, size_t n) {
    size_t take = st->left < n ? st->left : n;
    pass(st, take);
    if (st->left == 0)
        end_message(s, st);
    return take;
}

void smb_stream_start(struct smb_stream *st, enum side from) {
    st->from = from;
    begin_frame(st);
}

void smb_stream_play(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n) {
    begin_message(st, (uint32_t)n);
    smb_stream_take(s, st->from, p, n);
    if (st->at == SMB_AT_NOTHING) /* it was none */
        smb_stray(s, st, st->head, st->head_n);
    st->head_n = 0;
    st->frame_left = 0; /* of a frame in it, not of the one that it stands in */
    smb_stray_end(s, st);
}

void smb_stream_take(struct smb *s, enum side from, const uint8_t *p, size_t n) {
    struct smb_stream *st = &s->stream[from];
    size_t at = 0;
    while (at < n) {
        if (st->at == SMB_AT_NOTHING)
            at += look_for_frame(s, st, p + at, n - at);
        else if (st->at == SMB_AT_DATA)
            at += take_data(s, st, p + at, n - at);
        else if (st->at == SMB_AT_REST)
            at += take_rest(s, st, n - at);
        else if (st->at == SMB_AT_PACKED)
            at += take_packed(s, st, p + at, n - at);
        else
            at += take_header(s, st, p + at, n - at);
    }
}

/* --- gaps --- */

/* Within the data of one message nothing else is missed. */
static bool miss_data(struct smb *s, struct smb_stream *st, uint64_t n) {
    struct smb_data *d = &st->data;
    if (n > st->left || st->at == SMB_AT_PACKED || st->at == SMB_AT_FRAME || st->at == SMB_AT_HEAD ||
        st->at == SMB_AT_NOTHING)
        return false;
    uint32_t before = d->before < n ? d->before : (uint32_t)n;
    uint32_t missed = n - before < d->left ? (uint32_t)n - before : d->left;
    if (st->at == SMB_AT_DATA) {
        d->before -= before;
        if (missed && d->open)
            smb_move_bytes(s, d->open, st->from, d->offset, NULL, missed);
        if (missed && d->lists)
            smb_list_gap(s);
        if (missed && d->stray && st->stray_open)
            s->c->services->gap(s->c, st->stray, missed);
        d->offset = add_sizes(d->offset, missed);
        d->left -= missed;
    }
    pass(st, (size_t)n);
    if (st->left == 0)
        end_message(s, st);
    else if (st->at == SMB_AT_DATA && d->left == 0)
        st->at = SMB_AT_REST;
    return true;
}

void smb_stream_gap(struct smb *s, enum side from, uint64_t n) {
    struct smb_stream *st = &s->stream[from];
    if (miss_data(s, st, n))
        return;
    if (st->at == SMB_AT_DATA && st->data.open && st->data.left)
        smb_move_bytes(s, st->data.open, from, st->data.offset, NULL, st->data.left);
    drop_data(st);
    forget_related(st);
    if (st->at == SMB_AT_PACKED)
        smb_packed_miss(s, st, n < st->left ? n : st->left);
    if (st->at == SMB_AT_PACKED && n < st->left) {
        st->at = SMB_AT_REST;
        pass(st, (size_t)n);
        return;
    }
    if (st->at == SMB_AT_NOTHING)
        smb_stray(s, st, st->head, st->head_n);
    if (st->stray_open && st->at != SMB_AT_PACKED)
        s->c->services->gap(s->c, st->stray, n);
    gather_head(st, 0);
    s->hosts->lost[from]++;
    st->at = SMB_AT_NOTHING;
}

void smb_stream_end(struct smb *s, enum side from) {
    struct smb_stream *st = &s->stream[from];
    if (st->at == SMB_AT_NOTHING)
        smb_stray(s, st, st->head, st->head_n);
    st->head_n = 0;
    if (st->at == SMB_AT_PACKED && st->packed.n)
        smb_packed_miss(s, st, st->left);
    smb_packed_drop(st);
    st->at = SMB_AT_NOTHING;
    smb_stray_end(s, st);
    drop_data(st);
    forget_related(st);
}
