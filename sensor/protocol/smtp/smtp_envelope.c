/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smtp/smtp_session.h"

#include "base/counter.h"

enum { LISTED = SMTP_RECIPIENTS_MAX / 2 }; /* octets of recipients whose domain is listed already */

/* "<@relay,@other:somebody@example.org> SIZE=5" becomes "somebody@example.org" (RFC 5321 section 4.1.2).
 * Brackets may be missing. */
static struct bytes read_path(struct bytes argument) {
    struct bytes rest = bytes_trim(argument);
    bool bracket = rest.n && rest.p[0] == '<', quoted = false;
    size_t from = bracket, at = from;
    for (; at < rest.n; at++) {
        uint8_t c = rest.p[at];
        if (c == '\\' && at + 1 < rest.n)
            at++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (bracket ? c == '>' : c == ' '))
            break;
        else if (!quoted && c == ':' && rest.p[from] == '@')
            from = at + 1;
    }
    return bytes_trim(bytes_of(rest.p + from, (at < rest.n ? at : rest.n) - from));
}

static struct bytes domain_of(struct bytes address) {
    const uint8_t *at = address.n ? memrchr(address.p, '@', address.n) : NULL;
    return at ? bytes_of(at, address.n - (size_t)(at - address.p)) : address;
}

static bool equals_nocase(struct bytes a, struct bytes b) {
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (letter_lower((char)a.p[i]) != letter_lower((char)b.p[i]))
            return false;
    return true;
}

/* Is somebody of that domain listed? */
static bool has_domain(const struct smtp_envelope *e, struct bytes domain) {
    struct bytes rest = bytes_of(e->to, e->to_n);
    while (rest.n) {
        struct bytes one = bytes_until(rest, ',');
        if (equals_nocase(domain_of(bytes_trim(one)), domain))
            return true;
        size_t step = one.n < rest.n ? one.n + 1 : one.n;
        rest = bytes_of(rest.p + step, rest.n - step);
    }
    return false;
}

void smtp_envelope_clear(struct smtp_envelope *e) {
    e->from_n = e->to_n = 0;
}

void smtp_envelope_from(struct smtp_envelope *e, struct bytes argument) {
    struct bytes path = read_path(argument);
    smtp_envelope_clear(e);
    e->from_n = (uint16_t)(path.n < sizeof e->from ? path.n : sizeof e->from);
    if (e->from_n)
        memcpy(e->from, path.p, e->from_n);
}

/* The domains matter most, for they may name a partner: where there are many recipients, one of each is kept.
 */
void smtp_envelope_to(struct smtp_envelope *e, struct bytes argument) {
    struct bytes path = read_path(argument);
    size_t comma = e->to_n ? 2 : 0;
    if (path.n == 0)
        return;
    if (path.n > SMTP_ADDRESS_MAX) /* its domain is at the end */
        path = bytes_of(path.p + path.n - SMTP_ADDRESS_MAX, SMTP_ADDRESS_MAX);
    if (e->to_n + comma + path.n > sizeof e->to || (e->to_n > LISTED && has_domain(e, domain_of(path)))) {
        counter_one(COUNTER_SMTP_RECIPIENTS_CUT);
        return;
    }
    memcpy(e->to + e->to_n, ", ", comma);
    memcpy(e->to + e->to_n + comma, path.p, path.n);
    e->to_n = (uint16_t)(e->to_n + comma + path.n);
}
