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

static bool take_client_line(struct imap *s, struct bytes line) {
    struct bytes rest = bytes_trim(line), tag, verb;
    if (rest.n == 0 || bytes_equal_nocase(rest, "DONE")) /* of IDLE (RFC 9051 section 6.3.13) */
        return true;
    if (s->credentials) {
        s->credentials = false;
        return true;
    }
    tag = take_word(&rest);
    verb = take_word(&rest);
    if (tag.n > IMAP_TAG_MAX || !is_word(verb))
        return false;
    take_verb(s, tag, verb, rest);
    return true;
}

/* --- what the server says --- */

static bool is_tagged_answer(struct bytes rest) {
    struct bytes word = take_word(&rest);
    return bytes_equal_nocase(word, "OK") || bytes_equal_nocase(word, "NO") ||
           bytes_equal_nocase(word, "BAD");
}

static bool take_server_line(struct imap *s, struct bytes line) {
    struct bytes rest = bytes_trim(line), tag;
    if (rest.n == 0 || rest.p[0] == '*')
        return true;
    if (rest.p[0] == '+') {
        s->credentials = s->lines[side_other(s->server)].at == IMAP_AT_LINE;
        return true;
    }
    tag = take_word(&rest);
    if (!is_tagged_answer(rest))
        return false;
    bool good = bytes_equal_nocase(take_word(&rest), "OK");
    s->credentials = false;
    if (!good)
        imap_refuse_literal(s);
    if (s->asks == IMAP_GOES_ON || !bytes_equal(tag, bytes_of(s->tag, s->tag_n)))
        return true;
    s->turns = good ? s->asks : IMAP_GOES_ON;
    s->asks = IMAP_GOES_ON;
    return true;
}

bool imap_take_line(struct imap *s, enum side from, struct bytes line) {
    return from == s->server ? take_server_line(s, line) : take_client_line(s, line);
}

static enum protocol_result become_tls(struct imap *s, const uint8_t *rest, size_t n) {
    static const struct protocol *const candidates[] = {&protocol_tls, NULL};
    conversation_become(s->c, candidates, true);
    conversation_inner(s->c, s->server, rest, n);
    return PROTOCOL_BECOMES;
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

static const struct filter_ops inflated_ops = {.data = take_inflated, .gap = pass_gap, .end = end_inflated};

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
    struct imap_lines *l = &s->lines[from];
    if (!s->undo[from] && l->at == IMAP_AT_LINE &&
        tls_record_begins(bytes_of(l->line, l->n), bytes_of(bytes, n)))
        return conversation_become_any(c, from, bytes_of(l->line, l->n), bytes_of(bytes, n));
    size_t taken = s->undo[from] ? 0 : imap_take(s, from, bytes, n);
    if (s->turns == IMAP_TLS) {
        s->turns = IMAP_GOES_ON;
        return become_tls(s, bytes + taken, n - taken);
    }
    if (s->turns == IMAP_DEFLATE && !begin_inflating(s))
        return PROTOCOL_LOST;
    if (taken < n)
        filter_data(s->undo[from], bytes + taken, n - taken);
    return PROTOCOL_OK;
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
