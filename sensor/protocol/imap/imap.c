/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/imap/imap_session.h"

#include "coding/coding.h"
#include "protocol/memory.h"
#include "protocol/tls/tls.h"

/* --- what the client says --- */

/* The next word, without its quotes. */
static struct bytes take_word(struct bytes *rest) {
    struct bytes text = bytes_trim(*rest);
    bool quoted = text.n && text.p[0] == '"';
    struct bytes in = quoted ? bytes_of(text.p + 1, text.n - 1) : text;
    struct bytes word = bytes_until(in, quoted ? '"' : ' ');
    size_t used = word.n + (quoted && word.n < in.n);
    *rest = bytes_of(in.p + used, in.n - used);
    return word;
}

static void keep_name(struct imap_name *name, struct bytes text) {
    name->n = (uint16_t)(text.n < IMAP_NAME_MAX ? text.n : IMAP_NAME_MAX);
    if (name->n)
        memcpy(name->p, text.p, name->n);
}

/* "BODY.PEEK[]<0.65536>": how much of a part was asked for. */
static void note_asked(struct imap *s, struct bytes line) {
    const uint8_t *open = line.n ? memrchr(line.p, '<', line.n) : NULL;
    s->asked = 0;
    if (!open)
        return;
    struct bytes text = bytes_until(bytes_of(open + 1, line.n - (size_t)(open + 1 - line.p)), '>');
    struct bytes offset = bytes_until(text, '.');
    if (offset.n < text.n &&
        !bytes_number(bytes_of(offset.p + offset.n + 1, text.n - offset.n - 1), &s->asked))
        s->asked = 0;
}

static void note_tag(struct imap *s, struct bytes tag) {
    s->tag_n = (uint8_t)(tag.n < IMAP_TAG_MAX ? tag.n : IMAP_TAG_MAX);
    memcpy(s->tag, tag.p, s->tag_n);
}

static bool is_word(struct bytes verb) {
    enum { WORD_MAX = 20 };
    bool word = verb.n > 0 && verb.n <= WORD_MAX;
    for (size_t i = 0; i < verb.n; i++) {
        char c = letter_lower((char)verb.p[i]);
        word &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    }
    return word;
}

static void take_verb(struct imap *s, struct bytes tag, struct bytes verb, struct bytes rest) {
    if (bytes_equal_nocase(verb, "STARTTLS"))
        s->asks = IMAP_TLS;
    else if (bytes_equal_nocase(verb, "COMPRESS"))
        s->asks = IMAP_DEFLATE;
    else if (bytes_equal_nocase(verb, "LOGIN"))
        keep_name(&s->user, take_word(&rest));
    else if (bytes_equal_nocase(verb, "SELECT") || bytes_equal_nocase(verb, "EXAMINE"))
        keep_name(&s->mailbox, take_word(&rest));
    else if (bytes_equal_nocase(verb, "FETCH") || bytes_equal_nocase(verb, "UID"))
        note_asked(s, rest);
    if (s->asks != IMAP_GOES_ON)
        note_tag(s, tag);
}

static bool is_done(struct bytes line) {
    return line.n == 0 || bytes_equal_nocase(line, "DONE"); /* of IDLE (RFC 9051 section 6.3.13) */
}

static bool is_client_line(const struct imap *s, struct bytes line) {
    struct bytes tag = take_word(&line), verb = take_word(&line);
    return s->credentials || (tag.n <= IMAP_TAG_MAX && is_word(verb));
}

static void take_client_line(struct imap *s, struct bytes line) {
    struct bytes tag = take_word(&line), verb = take_word(&line);
    if (!s->credentials)
        take_verb(s, tag, verb, line);
    s->credentials = false;
}

/* --- what the server says --- */

static bool is_tagged_answer(struct bytes rest) {
    struct bytes word = take_word(&rest);
    return bytes_equal_nocase(word, "OK") || bytes_equal_nocase(word, "NO") ||
           bytes_equal_nocase(word, "BAD");
}

static bool is_server_line(struct bytes line) {
    if (line.p[0] == '*' || line.p[0] == '+')
        return true;
    take_word(&line);
    return is_tagged_answer(line);
}

static void take_answer(struct imap *s, struct bytes tag, bool good) {
    s->credentials = false;
    if (!good)
        imap_refuse_literal(s, tag);
    if (s->asks == IMAP_GOES_ON || !bytes_equal(tag, bytes_of(s->tag, s->tag_n)))
        return;
    s->turns = good ? s->asks : IMAP_GOES_ON;
    s->asks = IMAP_GOES_ON;
}

static void take_server_line(struct imap *s, struct bytes line) {
    if (line.p[0] == '+')
        s->credentials = s->lines[side_other(s->server)].at == IMAP_AT_LINE;
    if (line.p[0] == '*' || line.p[0] == '+')
        return;
    struct bytes tag = take_word(&line);
    take_answer(s, tag, bytes_equal_nocase(take_word(&line), "OK"));
}

bool imap_is_line(const struct imap *s, enum side from, struct bytes line) {
    line = bytes_trim(line);
    if (is_done(line))
        return true;
    return from == s->server ? is_server_line(line) : is_client_line(s, line);
}

static bool is_command(struct bytes verb) {
    static const char *const verbs[] = {
        "APPEND", "CAPABILITY", "CLOSE", "COPY",    "EXAMINE", "EXPUNGE", "FETCH",  "IDLE",  "LIST", "LOGIN",
        "LOGOUT", "MOVE",       "NOOP",  "REPLACE", "SEARCH",  "SELECT",  "STATUS", "STORE", "UID"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (bytes_equal_nocase(verb, verbs[i]))
            return true;
    return false;
}

/* "* 3 FETCH (...", "* OK ...". */
static bool is_untagged(struct bytes rest) {
    uint64_t number;
    struct bytes word = take_word(&rest);
    if (bytes_number(word, &number))
        return is_command(take_word(&rest));
    return bytes_equal_nocase(word, "OK") || bytes_equal_nocase(word, "NO") ||
           bytes_equal_nocase(word, "BAD") || bytes_equal_nocase(word, "BYE") || is_command(word);
}

bool imap_is_certain(const struct imap *s, enum side from, struct bytes line) {
    struct bytes rest = bytes_trim(line), tag = take_word(&rest);
    if (from != s->server)
        return tag.n > 0 && tag.n <= IMAP_TAG_MAX && is_command(take_word(&rest));
    return bytes_equal(tag, bytes_text("*")) ? is_untagged(rest)
                                             : tag.n > 0 && tag.n <= IMAP_TAG_MAX && is_tagged_answer(rest);
}

bool imap_take_line(struct imap *s, enum side from, struct bytes line) {
    if (!imap_is_line(s, from, line))
        return false;
    line = bytes_trim(line);
    if (is_done(line))
        return true;
    if (from == s->server)
        take_server_line(s, line);
    else
        take_client_line(s, line);
    return true;
}

/* --- what COMPRESS did is undone (RFC 4978) --- */

static void take_inflated(struct filter *f, const uint8_t *bytes, size_t n) {
    struct imap_inflated *i = (struct imap_inflated *)f;
    while (n > 0) { /* nothing else begins within */
        size_t taken = imap_take(i->session, i->from, bytes, n);
        i->session->turns = IMAP_GOES_ON;
        bytes += taken;
        n -= taken;
    }
}

static void pass_gap(struct filter *f, uint64_t n) {
    struct imap_inflated *i = (struct imap_inflated *)f;
    imap_gap(i->session, i->from, n);
}

static void end_inflated(struct filter *f, enum transfer_end how) {
}

static void note_spent(struct filter *f) {
    ((struct imap_inflated *)f)->session->spent = true;
}

static const struct filter_ops inflated_ops = {
    .data = take_inflated, .gap = pass_gap, .end = end_inflated, .bounded = note_spent};

/* False: it cannot be undone. */
static bool begin_inflating(struct imap *s) {
    struct coding_list deflate = coding_bare();
    deflate.allowance = s->c->allowance;
    s->turns = IMAP_GOES_ON;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        struct imap_inflated *i = &s->inflated[side];
        *i = (struct imap_inflated){{&inflated_ops, NULL}, s, side};
        s->undo[side] = s->c->codings ? coding_stack(s->c->codings, &deflate, &i->filter) : &i->filter;
        if (s->undo[side] == &i->filter)
            return false;
    }
    return true;
}

static void end_inflating(struct imap *s) {
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        if (s->undo[side])
            filter_end(s->undo[side], TRANSFER_CUT);
        s->undo[side] = NULL;
    }
}

/* --- the connection --- */

static void *open_imap(struct conversation *c, struct bytes facts) {
    struct imap *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    if (!s)
        return NULL;
    s->c = c;
    s->server = SIDE_SERVER;
    return s;
}

static enum protocol_result take_imap_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                           size_t n) {
    struct imap *s = c->state;
    if (n == 0)
        return PROTOCOL_OK;
    if (!s->sides_known) { /* the server's first line begins with a star */
        s->server = bytes[0] == '*' ? from : side_other(from);
        s->sides_known = true;
    }
    size_t taken = s->undo[from] ? 0 : imap_take(s, from, bytes, n);
    struct bytes held = bytes_of(s->lines[from].line, s->lines[from].n),
                 rest = bytes_of(bytes + taken, n - taken);
    if (s->turns == IMAP_TLS_HERE)
        return conversation_become_any(c, from, held, rest);
    if (s->turns == IMAP_TLS) {
        s->turns = IMAP_GOES_ON;
        return tls_may_follow(c, from, rest);
    }
    if (s->turns == IMAP_DEFLATE && !begin_inflating(s))
        return PROTOCOL_LOST;
    if (taken < n)
        filter_data(s->undo[from], rest.p, rest.n);
    bool over = s->spent || (s->undo[from] && coding_progress(s->undo[from]) == CODING_LOST);
    return over ? PROTOCOL_LOST : PROTOCOL_OK;
}

/* Behind one nothing can be inflated. */
static enum protocol_result take_imap_gap(struct conversation *c, enum side from, uint64_t n) {
    struct imap *s = c->state;
    if (s->undo[from])
        return PROTOCOL_LOST;
    imap_gap(s, from, n);
    return PROTOCOL_OK;
}

static void take_imap_end(struct conversation *c, enum side from, bool clean) {
    imap_end(c->state, from, clean ? TRANSFER_DONE : TRANSFER_CUT);
}

static void close_imap(struct conversation *c) {
    struct imap *s = c->state;
    end_inflating(s);
    imap_end(s, SIDE_CLIENT, TRANSFER_UNKNOWN);
    imap_end(s, SIDE_SERVER, TRANSFER_UNKNOWN);
    protocol_free(s);
}

const struct protocol protocol_imap = {
    .name = "imap",
    .ndpi_names = (const char *const[]){"IMAP", NULL},
    .probe = imap_probe,
    .open = open_imap,
    .data = take_imap_data,
    .gap = take_imap_gap,
    .end = take_imap_end,
    .close = close_imap,
};
