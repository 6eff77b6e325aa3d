/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/irc/irc_session.h"

#include "base/counter.h"

/* "\1DCC SEND name address port size token\1": a file that waits at address and port, or, where the port is
 * 0, one that its sender brings to where the other one then says. A name with blanks stands in quotes. RESUME
 * and ACCEPT name the octet from which on it is to move. */

static struct bytes take_word(struct bytes *rest) {
    struct bytes text = bytes_trim(*rest);
    bool quoted = text.n && text.p[0] == '"';
    struct bytes in = quoted ? bytes_of(text.p + 1, text.n - 1) : text;
    struct bytes word = bytes_until(in, quoted ? '"' : ' ');
    size_t used = word.n + (quoted && word.n < in.n);
    *rest = bytes_of(in.p + used, in.n - used);
    return word;
}

static bool read_address(struct bytes text, struct address *out) {
    char copy[ADDRESS_TEXT_MAX];
    uint64_t number;
    if (bytes_number(text, &number) && number <= UINT32_MAX) {
        const uint8_t v4[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                               (uint8_t)number};
        *out = address_from_v4(v4);
        return number > 0;
    }
    if (text.n == 0 || text.n >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return address_parse(copy, out);
}

static struct dcc_offer *keep_offer(struct irc_offers *offers) {
    struct dcc_offer *o = dcc_offer_join(0);
    if (!o)
        return NULL;
    struct dcc_offer **slot = &offers->list[offers->next++ % IRC_OFFERS_MAX];
    dcc_offer_leave(*slot);
    return *slot = o;
}

void irc_offers_finish(struct irc_offers *offers) {
    for (unsigned i = 0; i < IRC_OFFERS_MAX; i++)
        dcc_offer_leave(offers->list[i]);
}

/* --- what is offered --- */

/* Who listens is at this end, and anybody may come, or this end goes there. */
static void announce(struct conversation *c, const struct dcc_offer *o, enum side speaker, bool local,
                     struct address address) {
    struct endpoint end[2] = {{.port = 0}, {address, o->port}};
    if (!local)
        end[SIDE_CLIENT].address = c->end[side_other(speaker)].address;
    dcc_offer_announce(c, o, end);
    if (!local || address_equal(&address, &c->end[speaker].address))
        return;
    /* Behind a translator its own address is not the one that it names. */
    end[SIDE_SERVER].address = c->end[speaker].address;
    dcc_offer_announce(c, o, end);
}

struct words {
    struct bytes name, address, port, size, token;
};

/* False: it makes no sense. */
static bool take_send(struct irc_offers *offers, struct conversation *c, enum side from, bool local,
                      const struct words *w, bool talk) {
    struct address address;
    uint64_t port, size;
    if (!read_address(w->address, &address) || !bytes_number(w->port, &port) || port > UINT16_MAX)
        return false;
    counter_one(COUNTER_IRC_OFFERS);
    if (port == 0) /* the other one will say where */
        return true;
    struct dcc_offer *o = keep_offer(offers);
    if (!o)
        return true;
    o->port = (uint16_t)port;
    o->talk = talk;
    o->reversed = w->token.n > 0;
    o->size = bytes_number(w->size, &size) && !talk ? size : LENGTH_UNKNOWN;
    if (!talk) {
        struct bytes name = bytes_after_last(w->name, '/');
        o->name_n = (uint16_t)(name.n < IRC_NAME_MAX ? name.n : IRC_NAME_MAX);
        if (o->name_n > 0)
            memcpy(o->name, name.p, o->name_n);
    }
    announce(c, o, from, local, address);
    return true;
}

/* "RESUME name port position": of the offer with that port. */
static bool take_resume(struct irc_offers *offers, const struct words *w) {
    uint64_t port, offset;
    if (!bytes_number(w->address, &port) || !bytes_number(w->port, &offset))
        return false;
    for (unsigned i = 0; i < IRC_OFFERS_MAX; i++)
        if (offers->list[i] && offers->list[i]->port == port)
            offers->list[i]->offset = offset;
    return true;
}

bool irc_offer_take(struct irc_offers *offers, struct conversation *c, enum side from, bool local,
                    struct bytes text) {
    static const char mark[] = "\1DCC ";
    if (!bytes_starts_nocase(text, mark))
        return false;
    struct bytes rest = bytes_until(bytes_of(text.p + sizeof mark - 1, text.n - (sizeof mark - 1)), '\1');
    struct bytes verb = take_word(&rest);
    struct words w = {.name = take_word(&rest)};
    w.address = take_word(&rest);
    w.port = take_word(&rest);
    w.size = take_word(&rest);
    w.token = take_word(&rest);
    if (bytes_equal_nocase(verb, "SEND") || bytes_equal_nocase(verb, "TSEND"))
        return take_send(offers, c, from, local, &w, false);
    if (bytes_equal_nocase(verb, "CHAT"))
        return take_send(offers, c, from, local, &w, true);
    bool resumes = bytes_equal_nocase(verb, "RESUME") || bytes_equal_nocase(verb, "ACCEPT");
    return resumes && take_resume(offers, &w);
}
