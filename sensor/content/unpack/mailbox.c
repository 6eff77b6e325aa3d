/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/shape.h"
#include "content/unpack/unpack.h"

#include "base/counter.h"
#include "base/pool.h"

/* Mailboxes (RFC 4155 and what came before it): mails one behind another, each behind a line that begins with
 * "From " and holds a time; an empty line stands before each but the first. What writers put before lines of
 * a mail that look like one, ">", is left as it is. */

enum { LINE_MAX_BYTES = 512 };

struct mailbox {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    struct filter *mail;          /* NULL: none yet, or it is left out */
    bool begun;                   /* the first mail */
    enum { AT_LINE, AT_TEXT } at; /* a line's beginning, which is held, or the rest of one */
    uint8_t blank_n;              /* octets of an empty line in front of what is held */
    uint16_t held_n;
    uint8_t held[LINE_MAX_BYTES];
};

static const char mark[] = "From ";
enum { MARK = sizeof mark - 1 };

static void pass_on(struct mailbox *m, const uint8_t *bytes, size_t n) {
    if (m->mail && n > 0)
        filter_data(m->mail, bytes, n);
}

static void pass_held(struct mailbox *m) {
    pass_on(m, m->held, m->held_n);
    m->held_n = m->blank_n = 0;
}

static void end_mail(struct mailbox *m, enum transfer_end how) {
    if (m->mail)
        filter_end(m->mail, how);
    m->mail = NULL;
}

/* One that nobody pays for goes on as text of the one before. */
static void begin_mail(struct mailbox *m) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    const struct unpack_child child = {.fact = fact, .total = LENGTH_UNKNOWN};
    if (m->begun && !unpack_pays(m->unpack)) {
        counter_one(COUNTER_MAILBOX_SMALL);
        unpack_bounded(m->unpack);
        pass_held(m);
        return;
    }
    fact[FACT_DECLARED_TYPE] = bytes_text("message/rfc822");
    end_mail(m, TRANSFER_DONE);
    m->mail = unpack_begin(m->unpack, &child);
    m->held_n = m->blank_n = 0;
    m->begun = true;
    counter_one(COUNTER_MAILBOX_MAILS);
}

static bool is_blank(struct bytes line) {
    return bytes_equal(line, bytes_text("\n")) || bytes_equal(line, bytes_text("\r\n"));
}

/* May it be an empty line, or, where one may stand, the one before a mail? */
static bool may_count(const struct mailbox *m, struct bytes line) {
    size_t n = line.n < MARK ? line.n : MARK;
    bool marked = (m->blank_n > 0 || !m->begun) && memcmp(line.p, mark, n) == 0;
    return marked || is_blank(line) || (line.n == 1 && line.p[0] == '\r');
}

/* A line that is whole, behind the empty one that is held. */
static void end_line(struct mailbox *m, struct bytes line) {
    if (is_blank(line)) {
        pass_on(m, m->held, m->blank_n);
        memmove(m->held, line.p, line.n);
        m->held_n = m->blank_n = (uint8_t)line.n;
    } else if (mailbox_line(line)) {
        begin_mail(m);
    } else {
        pass_held(m);
    }
}

/* One octet of a line of which it is not known what it is. */
static void hold_byte(struct mailbox *m, uint8_t c) {
    m->held[m->held_n++] = c;
    struct bytes line = bytes_of(m->held + m->blank_n, m->held_n - (size_t)m->blank_n);
    if (!may_count(m, line) || m->held_n == LINE_MAX_BYTES) {
        m->at = c == '\n' ? AT_LINE : AT_TEXT;
        pass_held(m);
    } else if (c == '\n') {
        end_line(m, line);
    }
}

/* May a line that begins so be an empty one, or the one before a mail? Nothing is held. */
static bool may_begin(const struct mailbox *m, uint8_t c) {
    return c == '\n' || c == '\r' || (c == mark[0] && !m->begun);
}

/* The mail's own lines, up to one that may count, go on together. Returns how many octets those are. */
static size_t take_own(struct mailbox *m, const uint8_t *bytes, size_t n) {
    size_t at = 0;
    while (at < n && (m->at == AT_TEXT || (m->held_n == 0 && !may_begin(m, bytes[at])))) {
        const uint8_t *lf = memchr(bytes + at, '\n', n - at);
        at = lf ? (size_t)(lf - bytes) + 1 : n;
        m->at = lf ? AT_LINE : AT_TEXT;
    }
    pass_on(m, bytes, at);
    return at;
}

/* A line that begins as the one before a mail does and is there as a whole, behind what is held; 0: none is.
 */
static size_t take_marked(struct mailbox *m, const uint8_t *bytes, size_t n) {
    const uint8_t *lf = m->held_n == m->blank_n && *bytes == mark[0] ? memchr(bytes, '\n', n) : NULL;
    struct bytes line = bytes_of(m->held + m->blank_n, lf ? (size_t)(lf - bytes) + 1 : 0);
    if (!lf || m->blank_n + line.n >= LINE_MAX_BYTES)
        return 0;
    memcpy(m->held + m->blank_n, bytes, line.n);
    m->held_n = (uint16_t)(m->blank_n + line.n);
    if (line.n > MARK && memcmp(line.p, mark, MARK) == 0)
        end_line(m, line);
    else
        pass_held(m);
    return line.n;
}

static void mailbox_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct mailbox *m = (struct mailbox *)f;
    for (size_t take; n > 0; bytes += take, n -= take) {
        take = take_own(m, bytes, n);
        if (take == 0)
            take = take_marked(m, bytes, n);
        if (take > 0)
            continue;
        hold_byte(m, *bytes);
        take = 1;
    }
}

static void mailbox_gap(struct filter *f, uint64_t n) {
    struct mailbox *m = (struct mailbox *)f;
    pass_held(m);
    if (m->mail)
        filter_gap(m->mail, n);
    m->at = AT_TEXT;
}

/* The empty line behind the last mail is none of its own. */
static void mailbox_end(struct filter *f, enum transfer_end how) {
    struct mailbox *m = (struct mailbox *)f;
    if (m->held_n > m->blank_n || how != TRANSFER_DONE)
        pass_held(m);
    end_mail(m, how);
    pool_give(m->pool, m);
}

static void mailbox_bounded(struct filter *f) {
    struct mailbox *m = (struct mailbox *)f;
    if (m->mail)
        filter_bounded(m->mail);
}

static const struct filter_ops mailbox_ops = {
    .data = mailbox_data, .gap = mailbox_gap, .end = mailbox_end, .bounded = mailbox_bounded};

/* --- Life --- */

static bool matches_mailbox(const struct file_type *type, struct bytes declared) {
    return type == type_mailbox;
}

static struct filter *create_mailbox(struct unpack *u) {
    struct mailbox *m = pool_take(unpack_state(u));
    if (!m) {
        counter_one(COUNTER_MAILBOX_SHED);
        unpack_bounded(u);
        return NULL;
    }
    memset(m, 0, offsetof(struct mailbox, held)); /* written before it is read */
    m->filter.ops = &mailbox_ops;
    m->pool = unpack_state(u);
    m->unpack = u;
    return &m->filter;
}

static void *start_mailbox(size_t objects) {
    return unpack_start_pool(sizeof(struct mailbox), objects / 4 + 16);
}

const struct unpacker unpacker_mailbox = {
    .name = "mailbox",
    .kind = UNPACK_WRAPPER,
    .matches = matches_mailbox,
    .create = create_mailbox,
    .is_file = true,
    .start = start_mailbox,
    .stop = unpack_stop_pool,
};
