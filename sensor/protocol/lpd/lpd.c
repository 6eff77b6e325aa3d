/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/lpd/lpd_session.h"
#include "protocol/memory.h"

enum { ANSWERS_MAX = 256 /* octets of answers; what is more is none */ };

/* --- what is no line --- */

static void put_stray(struct lpd *s, enum side from, struct bytes bytes) {
    if (bytes.n == 0)
        return;
    if (!s->stray[from]) {
        const struct transfer_seed seed = transfer_seed_of("lpd", from);
        counter_one(COUNTER_LPD_STRAYS);
        s->stray[from] = s->c->services->begin(s->c, &seed);
    }
    s->c->services->data(s->c, s->stray[from], bytes.p, bytes.n);
}

/* All that this side still sends is a thing of its own, until the end. */
static void stray_from_here(struct lpd *s) {
    s->phase = LPD_REST;
    put_stray(s, s->client, bytes_of(s->line, s->line_n));
    s->line_n = 0;
}

/* --- control files --- */

static void begin_control(struct lpd *s) {
    if (!s->text)
        s->text = protocol_alloc(PROTOCOL_HELD, LPD_CONTROL_MAX);
    s->text_n = 0;
    lpd_names_read(&s->names, bytes_of(NULL, 0));
    if (!s->text)
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
}

static void put_control(struct lpd *s, struct bytes bytes) {
    size_t room = s->text ? LPD_CONTROL_MAX - s->text_n : 0, n = bytes.n < room ? bytes.n : room;
    if (n)
        memcpy(s->text + s->text_n, bytes.p, n);
    s->text_n += (uint32_t)n;
}

/* --- files --- */

static void begin_file(struct lpd *s, const struct lpd_line *line) {
    s->control = line->command == LPD_CONTROL && line->count > 0 && line->count <= LPD_CONTROL_MAX;
    s->left = line->count == 0 || line->count >= UINT32_MAX ? LPD_TO_CLOSE : line->count;
    s->phase = line->count == 0 ? LPD_EMPTY : LPD_CONTENT;
    if (s->control)
        begin_control(s);
    else
        lpd_file_begin(s, line); /* one of that size is more than a few lines, whatever it is called */
}

static void put_content(struct lpd *s, struct bytes bytes) {
    if (s->control)
        put_control(s, bytes);
    else if (s->current && bytes.n)
        s->c->services->data(s->c, s->current->transfer, bytes.p, bytes.n);
}

static size_t take_content(struct lpd *s, struct bytes in) {
    size_t n = in.n < s->left ? in.n : (size_t)s->left;
    put_content(s, bytes_of(in.p, n));
    if (s->left != LPD_TO_CLOSE)
        s->left -= n;
    if (s->left == 0)
        s->phase = LPD_BEHIND;
    return n;
}

static void settle_file(struct lpd *s) {
    if (s->control)
        lpd_files_name(s);
    lpd_file_end(s, TRANSFER_DONE);
    s->control = false;
    s->phase = LPD_LINES;
}

/* Behind the octets that were announced stands a zero (section 6.2). Some leave it out; where neither that
 * nor a line follows, the count was wrong, and what comes is more of the file. */
static size_t take_behind(struct lpd *s, struct bytes in) {
    uint8_t next = in.p[0];
    if (next == 0 || next == LPD_CONTROL || next == LPD_DATA) {
        settle_file(s);
        return next == 0;
    }
    counter_one(COUNTER_LPD_COUNTS_WRONG);
    if (s->control) {
        settle_file(s);
        stray_from_here(s);
    } else {
        s->left = LPD_TO_CLOSE;
        s->phase = LPD_CONTENT;
    }
    return 0;
}

/* A count of 0 means that the file goes on to the end, but a file may be empty too: then a zero and a line
 * follow, or nothing. */
static size_t take_empty(struct lpd *s, struct bytes in) {
    s->line[s->line_n++] = in.p[0];
    const uint8_t *p = s->line;
    bool fits = p[0] == 0 && (s->line_n < 2 || p[1] == LPD_CONTROL || p[1] == LPD_DATA) &&
                (s->line_n < 3 || (p[2] >= '0' && p[2] <= '9'));
    if (!fits) {
        s->phase = LPD_CONTENT;
        put_content(s, bytes_of(s->line, s->line_n));
        s->line_n = 0;
    } else if (s->line_n == 3) {
        settle_file(s);
        s->line_n = 2;
        memmove(s->line, s->line + 1, 2);
    }
    return 1;
}

/* --- lines --- */

static void take_line(struct lpd *s) {
    struct bytes line = bytes_of(s->line, s->line_n - 1u);
    struct lpd_line file;
    if (s->job && lpd_read_line(line, &file)) {
        s->line_n = 0;
        begin_file(s, &file);
    } else if (lpd_is_command(line)) {
        s->job |= line.p[0] == LPD_RECEIVE;
        s->line_n = 0;
    } else {
        stray_from_here(s);
    }
}

static size_t take_lines(struct lpd *s, struct bytes in) {
    uint8_t octet = in.p[0];
    s->line[s->line_n++] = octet;
    if (octet == '\n')
        take_line(s);
    else if (s->line_n == LPD_LINE_MAX || s->line[0] == 0 || s->line[0] > 5)
        stray_from_here(s);
    return 1;
}

/* --- the protocol --- */

static size_t take_step(struct lpd *s, struct bytes in) {
    switch (s->phase) {
    case LPD_LINES:
        return take_lines(s, in);
    case LPD_CONTENT:
        return take_content(s, in);
    case LPD_BEHIND:
        return take_behind(s, in);
    case LPD_EMPTY:
        return take_empty(s, in);
    case LPD_REST:
        break;
    }
    put_stray(s, s->client, in);
    return in.n;
}

/* Each answer is one octet. */
static void take_answers(struct lpd *s, struct bytes in) {
    size_t room = ANSWERS_MAX - s->answered, n = in.n < room ? in.n : room;
    s->answered += (uint32_t)n;
    put_stray(s, side_other(s->client), bytes_of(in.p + n, in.n - n));
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct lpd *s = c->state;
    struct bytes in = bytes_of(bytes, n);
    if (!s->began)
        s->client = bytes[0] == LPD_RECEIVE ? from : side_other(from);
    s->began = true;
    if (from != s->client) {
        take_answers(s, in);
        return PROTOCOL_OK;
    }
    while (in.n > 0) {
        size_t taken = take_step(s, in);
        in = bytes_of(in.p + taken, in.n - taken);
    }
    return PROTOCOL_OK;
}

static void miss_content(struct lpd *s, uint64_t n) {
    if (s->control) {
        s->text_n = 0; /* whose name stands where is not known any more */
        protocol_free(s->text);
        s->text = NULL;
    } else if (s->current && n) {
        s->c->services->gap(s->c, s->current->transfer, n);
    }
}

/* Behind a gap that is longer than the file nobody knows where the next one begins. */
static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct lpd *s = c->state;
    if (s->began && from != s->client) {
        if (s->stray[from])
            c->services->gap(c, s->stray[from], n);
        return PROTOCOL_OK;
    }
    if (s->phase == LPD_REST) {
        if (s->stray[s->client])
            c->services->gap(c, s->stray[s->client], n);
        return PROTOCOL_OK;
    }
    if (s->phase == LPD_EMPTY)
        s->phase = LPD_CONTENT;
    uint64_t inside = s->phase != LPD_CONTENT ? 0 : n < s->left ? n : s->left;
    miss_content(s, inside);
    if (s->phase == LPD_CONTENT && s->left != LPD_TO_CLOSE)
        s->left -= inside;
    if (s->phase == LPD_CONTENT && inside == n && s->left > 0)
        return PROTOCOL_OK;
    if (s->phase == LPD_CONTENT && inside == n) {
        s->phase = LPD_BEHIND;
        return PROTOCOL_OK;
    }
    if (s->phase == LPD_BEHIND || s->phase == LPD_CONTENT)
        settle_file(s);
    s->line_n = 0;
    s->phase = LPD_REST;
    return PROTOCOL_OK;
}

static void end_stray(struct lpd *s, enum side side, enum transfer_end how) {
    if (s->stray[side])
        s->c->services->end(s->c, s->stray[side], how);
    s->stray[side] = NULL;
}

static void end_client(struct lpd *s, bool clean) {
    if (s->phase == LPD_BEHIND || (s->phase == LPD_EMPTY && clean) ||
        (s->phase == LPD_CONTENT && s->left == LPD_TO_CLOSE && clean))
        settle_file(s);
    else if (s->line_n > 0)
        stray_from_here(s);
    s->line_n = 0;
    s->phase = LPD_REST;
    lpd_files_finish(s);
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    struct lpd *s = c->state;
    if (from == s->client)
        end_client(s, clean);
    end_stray(s, from, clean ? TRANSFER_UNKNOWN : TRANSFER_CUT);
}

static void *open_lpd(struct conversation *c, struct bytes facts) {
    struct lpd *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    (void)facts;
    if (s)
        s->c = c;
    return s;
}

static void close_lpd(struct conversation *c) {
    struct lpd *s = c->state;
    end_client(s, false);
    end_stray(s, SIDE_CLIENT, TRANSFER_CUT);
    end_stray(s, SIDE_SERVER, TRANSFER_CUT);
    protocol_free(s->text);
    protocol_free(s);
}

const struct protocol protocol_lpd = {
    .name = "lpd",
    .probe = lpd_probe,
    .open = open_lpd,
    .data = take_data,
    .gap = take_gap,
    .end = take_end,
    .close = close_lpd,
};
