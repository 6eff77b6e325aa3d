/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/unknown/envelope.h"

#include <ctype.h>
#include <strings.h>

static bool begins(struct bytes line, const char *command) {
    size_t n = strlen(command);
    return line.n >= n && strncasecmp((const char *)line.p, command, n) == 0;
}

static bool is(struct bytes line, const char *command) {
    return line.n == strlen(command) && begins(line, command);
}

/* --- the list --- */

static struct bytes domain_of(struct bytes address) {
    const uint8_t *at = memrchr(address.p, '@', address.n);
    return at ? bytes_of(at + 1, address.n - (size_t)(at + 1 - address.p)) : bytes_of(NULL, 0);
}

static struct bytes next_of(const struct envelope *e, size_t from) {
    const char *end = memchr(e->list + from, ',', e->list_n - from);
    return bytes_of(e->list + from, end ? (size_t)(end - e->list) - from : e->list_n - from);
}

enum { BETWEEN = 2 /* ", " */ };

static bool has_domain(const struct envelope *e, struct bytes domain) {
    for (size_t at = 0; at < e->list_n; at += next_of(e, at).n + BETWEEN) {
        struct bytes other = domain_of(next_of(e, at));
        if (other.n == domain.n && strncasecmp((const char *)other.p, (const char *)domain.p, domain.n) == 0)
            return true;
    }
    return false;
}

static void drop_oldest(struct envelope *e) {
    size_t n = next_of(e, 0).n + BETWEEN;
    if (n > e->list_n)
        n = e->list_n;
    memmove(e->list, e->list + n, e->list_n - n);
    e->list_n -= (uint16_t)n;
}

static void put(struct envelope *e, struct bytes text) {
    memcpy(e->list + e->list_n, text.p, text.n);
    e->list_n += (uint16_t)text.n;
}

static bool add_recipient(struct envelope *e, struct bytes address) {
    struct bytes domain = domain_of(address);
    if (domain.n == 0 || domain.n + 1 > ENVELOPE_LIST / 2 || memchr(domain.p, ',', domain.n) ||
        has_domain(e, domain))
        return false;
    if (address.n > ENVELOPE_LIST / 2 || memchr(address.p, ',', address.n))
        address = bytes_of(domain.p - 1, domain.n + 1);
    while (e->list_n && e->list_n + BETWEEN + address.n > ENVELOPE_LIST)
        drop_oldest(e);
    if (e->list_n)
        put(e, bytes_text(", "));
    put(e, address);
    return true;
}

/* --- lines --- */

/* "<@relay.example:somebody@example.org> NOTIFY=NEVER", section 4.1.1.3 */
static struct bytes read_path(struct bytes line) {
    const uint8_t *from = memchr(line.p, '<', line.n),
                  *to = from ? memrchr(from, '>', line.n - (size_t)(from - line.p)) : NULL;
    if (!to)
        return bytes_of(NULL, 0);
    from++;
    const uint8_t *route = *from == '@' ? memchr(from, ':', (size_t)(to - from)) : NULL;
    from = route ? route + 1 : from;
    return bytes_of(from, (size_t)(to - from));
}

static void read_chunk(struct envelope *e, struct bytes line) {
    e->chunk = 0;
    for (size_t i = strlen("BDAT "); i < line.n && isdigit(line.p[i]) && e->chunk < UINT32_MAX; i++)
        e->chunk = e->chunk * 10 + (uint64_t)(line.p[i] - '0');
}

static bool read_line(struct envelope *e, struct bytes line) {
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (e->text) {
        e->text = !is(line, ".") && !is(line, "RSET") && !is(line, "QUIT") && !begins(line, "MAIL FROM:<");
        return false;
    }
    if (is(line, "DATA"))
        e->text = true;
    else if (begins(line, "BDAT "))
        read_chunk(e, line);
    else if (begins(line, "RCPT TO:"))
        return add_recipient(e, read_path(line));
    return false;
}

static void skip_chunk(struct envelope *e, struct bytes *in) {
    size_t n = in->n < e->chunk ? in->n : (size_t)e->chunk;
    e->chunk -= n;
    *in = bytes_of(in->p + n, in->n - n);
}

bool envelope_read(struct envelope *e, struct bytes in) {
    bool changed = false;
    while (in.n) {
        if (e->chunk) {
            skip_chunk(e, &in);
            continue;
        }
        const uint8_t *end = memchr(in.p, '\n', in.n);
        size_t n = end ? (size_t)(end - in.p) : in.n,
               kept = n < (size_t)(ENVELOPE_LINE - e->line_n) ? n : (size_t)(ENVELOPE_LINE - e->line_n);
        memcpy(e->line + e->line_n, in.p, kept);
        e->line_n += (uint16_t)kept;
        in = bytes_of(in.p + n + (end != NULL), in.n - n - (end != NULL));
        if (end) {
            changed |= read_line(e, bytes_of(e->line, e->line_n));
            e->line_n = 0;
        }
    }
    return changed;
}

void envelope_gap(struct envelope *e, uint64_t n) {
    e->chunk = n < e->chunk ? e->chunk - n : 0;
    e->line_n = 0;
}
