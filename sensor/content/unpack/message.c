/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/entity.h"

#include "base/counter.h"
#include "base/pool.h"
#include "mime/mime.h"

#include <stdlib.h>

/* Mails (RFC 5322, message/rfc822 of RFC 2046 section 5.2.1, message/global of RFC 6532): the head says what
 * the body is, which is the one child. Exact at every split of the input. Whether a line of the head is a
 * field is known by its name; the first line that is none is where the body begins, with or without the blank
 * line before it. */

enum {
    NAME_MAX_BYTES = 998, /* of a field's name and the blanks behind it (RFC 5322 section 2.1.1) */
    FIELD_MAX = 4096,     /* of a field with what is folded to it */
    HEAD_MAX = 6144,      /* of the fields that say what the body is */
    FROM_MAX = 256,
    TO_MAX = 512,
    SUBJECT_MAX = 256,
    SMALL = 512, /* a body of less is paid for */
};

/* What is only needed while the head is read. */
struct head_room {
    uint16_t field_n, head_n, from_n, to_n, subject_n;
    uint8_t field[FIELD_MAX]; /* the one that is being read */
    uint8_t head[HEAD_MAX];
    char from[FROM_MAX], to[TO_MAX], subject[SUBJECT_MAX];
};

struct pools {
    struct pool *messages, *rooms;
};

struct message {
    struct filter filter;
    struct pools *pools;
    struct unpack *unpack;
    struct head_room *room; /* NULL once the body has begun */
    struct filter *body;    /* NULL: none yet, or it is left out */
    enum { AT_NAME, AT_BLANKS, AT_CR, AT_VALUE, AT_NEXT_LINE, AT_BODY } at;
    bool fields; /* one came: a line that begins with white space goes on with it */
    bool kept;   /* the present field is one that is asked for */
    bool over;   /* it is longer than allowed */
    bool told;   /* that one was */
    bool lost;   /* some of the head is missing */
    bool torn;   /* and with it, perhaps, the beginning of the body */
    bool waits;  /* the body is not worth an object yet: its bytes are in `line` */
    uint16_t line_n;
    uint8_t line[NAME_MAX_BYTES]; /* of a line of which it is not known whether it is a field */
};

_Static_assert(SMALL <= NAME_MAX_BYTES, "a small body waits in the room of a line");

/* --- Fields --- */

static bool is_content(struct bytes name) {
    return bytes_starts_nocase(name, "content-");
}

static bool is_recipient(struct bytes name) {
    return bytes_equal_nocase(name, "to") || bytes_equal_nocase(name, "cc") ||
           bytes_equal_nocase(name, "bcc");
}

static bool is_asked(struct bytes name) {
    return is_content(name) || is_recipient(name) || bytes_equal_nocase(name, "from") ||
           bytes_equal_nocase(name, "subject");
}

static void keep_content(struct message *m, struct bytes field) {
    struct head_room *r = m->room;
    if (m->over || field.n + 1 > (size_t)(HEAD_MAX - r->head_n)) {
        counter_add(COUNTER_MAIL_HEAD, !m->told);
        m->told = true;
        return;
    }
    memcpy(r->head + r->head_n, field.p, field.n);
    r->head_n = (uint16_t)(r->head_n + field.n);
}

/* A field and what is folded to it has come. Of several senders and subjects the first is shown. */
static void end_field(struct message *m) {
    struct head_room *r = m->room;
    struct bytes name, value;
    struct bytes field = bytes_of(r->field, mime_head_unfold(r->field, r->field_n)), rest = field;
    if (m->kept && mime_head_next(&rest, &name, &value)) {
        if (is_content(name))
            keep_content(m, field);
        else if (is_recipient(name))
            r->to_n = (uint16_t)mime_addresses_add(value, r->to, r->to_n, TO_MAX);
        else if (r->from_n == 0 && bytes_equal_nocase(name, "from"))
            r->from_n = (uint16_t)mime_addresses_add(value, r->from, 0, FROM_MAX);
        else if (r->subject_n == 0 && bytes_equal_nocase(name, "subject"))
            r->subject_n = (uint16_t)mime_text(value, r->subject, SUBJECT_MAX).n;
    }
    r->field_n = 0;
    m->kept = m->over = false;
}

static void store_field(struct message *m, const uint8_t *p, size_t n) {
    struct head_room *r = m->room;
    size_t left = (size_t)(FIELD_MAX - r->field_n), take = n < left ? n : left;
    memcpy(r->field + r->field_n, p, take);
    r->field_n = (uint16_t)(r->field_n + take);
    m->over |= take < n;
}

/* --- The body --- */

static void open_body(struct message *m) {
    struct head_room *r = m->room;
    struct entity_rules rules = {.type = bytes_text("text/plain")};
    if (m->lost) /* whose head may say anything */
        rules.type = bytes_text("multipart/mixed");
    m->waits = false;
    m->body = entity_begin(m->unpack, r->head, r->head_n, &rules);
    if (m->torn && m->body)
        filter_gap(m->body, 1); /* nobody knows how much */
    pool_give(m->pools->rooms, r);
    m->room = NULL;
}

/* What is known of the mail's way is not changed by a head, nor by that of a mail within it. */
static void tell_facts(struct message *m) {
    const struct head_room *r = m->room;
    const struct object *o = unpack_object(m->unpack);
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    if (object_fact(o, FACT_EMAIL_FROM).n == 0 && object_fact(o, FACT_EMAIL_TO).n == 0) {
        fact[FACT_EMAIL_FROM] = bytes_of(r->from, r->from_n);
        fact[FACT_EMAIL_TO] = bytes_of(r->to, r->to_n);
    }
    fact[FACT_EMAIL_SUBJECT] = bytes_of(r->subject, r->subject_n);
    unpack_tell(m->unpack, fact);
}

/* The head is over. */
static void begin_body(struct message *m) {
    end_field(m);
    tell_facts(m);
    m->at = AT_BODY;
    m->waits = true;
    if (unpack_pays(m->unpack))
        open_body(m);
}

static void body_take(struct message *m, const uint8_t *p, size_t n) {
    if (m->waits && m->line_n + n <= SMALL) {
        memcpy(m->line + m->line_n, p, n);
        m->line_n = (uint16_t)(m->line_n + n);
        return;
    }
    if (m->waits)
        open_body(m);
    if (m->body && m->line_n > 0)
        filter_data(m->body, m->line, m->line_n);
    m->line_n = 0;
    if (m->body && n > 0)
        filter_data(m->body, p, n);
}

/* What stands in `line` is no field: the body begins with it. Where no field came before, the object is no
 * more than its body, and is looked at as such. */
static void begin_body_here(struct message *m) {
    if (!m->fields && !unpack_object(m->unpack)->container) {
        m->at = AT_BODY;
        m->line_n = 0;
        pool_give(m->pools->rooms, m->room);
        m->room = NULL;
        return;
    }
    m->torn = m->lost;
    begin_body(m);
    if (m->body || m->line_n > SMALL)
        body_take(m, m->line, 0);
}

/* A line is longer than a field's name may be. */
static void begin_body_early(struct message *m) {
    if (m->fields) {
        counter_add(COUNTER_MAIL_HEAD, !m->told);
        unpack_bounded(m->unpack);
    }
    begin_body_here(m);
}

/* --- The head, a line at a time --- */

static bool is_name_char(uint8_t c) {
    return c > ' ' && c < 0x7f && c != ':';
}

/* The line that mailboxes put before a mail, and those who forward it a ">" before that. */
static bool is_mailbox_line(const struct message *m) {
    return !m->fields && ((m->line_n == 4 && memcmp(m->line, "From", 4) == 0) ||
                          (m->line_n == 5 && memcmp(m->line, ">From", 5) == 0));
}

static void begin_line(struct message *m) {
    m->at = AT_NAME;
    m->line_n = 0;
}

static void begin_value(struct message *m, bool folded) {
    if (!folded) {
        end_field(m);
        m->kept = is_asked(bytes_trim(bytes_of(m->line, m->line_n)));
        m->fields = true;
    }
    if (m->kept)
        store_field(m, m->line, m->line_n);
    m->at = AT_VALUE;
}

/* One byte of a line of which it is not known what it is. Only for those that are taken it is in `line`. */
static void take_line_byte(struct message *m, uint8_t c) {
    bool first = m->line_n == 0, blank = c == ' ' || c == '\t';
    bool goes_on = m->at != AT_CR && ((blank && !first) || (m->at == AT_NAME && is_name_char(c)));
    if (m->at == AT_CR && c == '\n') {
        m->line_n = 0;
        begin_body(m);
        return;
    }
    if (m->at == AT_NAME && blank && is_mailbox_line(m)) {
        m->at = AT_NEXT_LINE;
        m->fields = true;
        m->line_n = 0;
        return;
    }
    m->line[m->line_n++] = c;
    if (first && c == '\n') {
        m->line_n = 0;
        begin_body(m);
    } else if (first && c == '\r') {
        m->at = AT_CR;
    } else if (first && blank && m->fields) {
        begin_value(m, true);
    } else if (m->at != AT_CR && c == ':' && !first) {
        m->line_n--;
        begin_value(m, false);
        store_field(m, &c, m->kept);
    } else if (!goes_on) {
        begin_body_here(m);
    } else if (m->line_n == NAME_MAX_BYTES) {
        begin_body_early(m);
    } else if (blank) {
        m->at = AT_BLANKS;
    }
}

static size_t value_take(struct message *m, const uint8_t *p, size_t n) {
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n;
    if (m->at == AT_VALUE && m->kept)
        store_field(m, p, take);
    if (lf)
        begin_line(m);
    return take;
}

/* --- Filter --- */

static struct message *message_of(struct filter *f) {
    return (struct message *)f;
}

/* What stands in the head is inspected as the mail's own text. */
static void message_data(struct filter *f, const uint8_t *p, size_t n) {
    struct message *m = message_of(f);
    const uint8_t *head = p;
    while (n > 0 && m->at != AT_BODY) {
        size_t taken = 1;
        if (m->at == AT_VALUE || m->at == AT_NEXT_LINE)
            taken = value_take(m, p, n);
        else
            take_line_byte(m, *p);
        p += taken;
        n -= taken;
    }
    unpack_own(m->unpack, f, head, (size_t)(p - head));
    if (n > 0 && (m->body || m->waits))
        body_take(m, p, n);
}

/* The head goes on at the next line that is there, without the field that is not whole; of what was missed
 * nobody knows. */
static void message_gap(struct filter *f, uint64_t n) {
    struct message *m = message_of(f);
    if (m->waits)
        open_body(m);
    if (m->at == AT_BODY) {
        if (m->body && m->line_n > 0)
            body_take(m, m->line, 0);
        if (m->body)
            filter_gap(m->body, n);
        return;
    }
    counter_one(COUNTER_MAIL_GAPS);
    m->kept = false;
    m->lost = m->fields = true;
    m->line_n = 0;
    m->at = AT_NEXT_LINE;
}

static void message_end(struct filter *f, enum transfer_end how) {
    struct message *m = message_of(f);
    if (how == TRANSFER_DONE && m->line_n > 0 && (m->at == AT_NAME || m->at == AT_BLANKS))
        begin_body_here(m);
    if (m->at != AT_BODY) {
        end_field(m);
        tell_facts(m);
    }
    if (m->waits && m->line_n > 0) {
        counter_one(COUNTER_MAIL_SMALL);
        unpack_bounded(m->unpack);
    }
    if (m->body)
        filter_end(m->body, how);
    if (m->room)
        pool_give(m->pools->rooms, m->room);
    pool_give(m->pools->messages, m);
}

static void message_bounded(struct filter *f) {
    if (message_of(f)->body)
        filter_bounded(message_of(f)->body);
}

static const struct filter_ops message_ops = {
    .data = message_data, .gap = message_gap, .end = message_end, .bounded = message_bounded};

/* --- Life --- */

/* By its shape whatever is declared, or by what is declared where it may be one. */
static bool matches_message(const struct file_type *type, struct bytes declared) {
    static const char *const names[] = {"message/rfc822", "message/global", "message/news"};
    if (type == type_message)
        return true;
    struct bytes name = bytes_trim(bytes_until(declared, ';'));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_equal_nocase(name, names[i]))
            return type->kind == KIND_TEXT || type->kind == KIND_BINARY;
    return false;
}

/* What is declared and does not begin with a field may be any file: it is inspected as it is. */
static bool wraps_body(const struct file_type *type, struct bytes declared, struct bytes first) {
    size_t n = 0;
    while (n < first.n && n < NAME_MAX_BYTES && is_name_char(first.p[n]))
        n++;
    bool mailbox = n < first.n && first.p[n] == ' ' && bytes_equal(bytes_of(first.p, n), bytes_text("From"));
    bool field = n > 0 && n < first.n && (first.p[n] == ':' || mailbox);
    return type == type_message || (type->kind == KIND_TEXT && field);
}

static bool has_head(const struct file_type *type) {
    return true;
}

static struct filter *create_message(struct unpack *u) {
    struct pools *p = unpack_state(u);
    struct message *m = pool_take(p->messages);
    struct head_room *r = m ? pool_take(p->rooms) : NULL;
    if (!r) {
        pool_give(p->messages, m);
        counter_one(COUNTER_MAIL_SHED);
        unpack_bounded(u);
        return NULL;
    }
    memset(m, 0, offsetof(struct message, line)); /* the rooms behind are written before they are read */
    memset(r, 0, offsetof(struct head_room, field));
    m->filter.ops = &message_ops;
    m->pools = p;
    m->unpack = u;
    m->room = r;
    if (unpack_object(u)->offset > 0) { /* its first bytes are missing */
        m->lost = m->fields = true;
        m->at = AT_NEXT_LINE;
    }
    counter_one(COUNTER_MAILS);
    return &m->filter;
}

static const struct file_type *type_of_message(struct bytes declared) {
    return type_message;
}

static void stop_message(void *state) {
    struct pools *p = state;
    if (!p)
        return;
    unpack_stop_pool(p->messages);
    unpack_stop_pool(p->rooms);
    free(p);
}

/* A head is soon over: of four mails that are open three have one that is. */
static void *start_message(size_t objects) {
    struct pools *p = calloc(1, sizeof *p);
    if (p && (p->messages = unpack_start_pool(sizeof(struct message), objects)) &&
        (p->rooms = unpack_start_pool(sizeof(struct head_room), objects / 4 + 16)))
        return p;
    stop_message(p);
    return NULL;
}

const struct unpacker unpacker_message = {
    .name = "message",
    .kind = UNPACK_WRAPPER,
    .matches = matches_message,
    .wraps = wraps_body,
    .create = create_message,
    .is_file = true,
    .has_text = has_head,
    .type_of = type_of_message,
    .start = start_message,
    .stop = stop_message,
};
