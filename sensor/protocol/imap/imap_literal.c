/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/imap/imap_session.h"

enum { SMALL = 256 }; /* a client's literal of less is a name or a password */

bool imap_literal_size(struct bytes line, uint64_t *size, bool *waits) {
    size_t end = line.n, from;
    end -= end > 0 && line.p[end - 1] == '\n';
    end -= end > 0 &&
           line.p[end - 1] == '\r'; /* one end: an empty rest of the line may stand behind a literal */
    if (end < 3 || line.p[end - 1] != '}')
        return false;
    end--;
    *waits = !(line.p[end - 1] == '+' || line.p[end - 1] == '-');
    end -= !*waits;
    for (from = end; from > 0 && line.p[from - 1] >= '0' && line.p[from - 1] <= '9'; from--)
        ;
    return from > 0 && line.p[from - 1] == '{' && bytes_number(bytes_of(line.p + from, end - from), size);
}

/* What stands before the braces. */
static struct bytes before_literal(struct bytes line) {
    const uint8_t *brace = memrchr(line.p, '{', line.n);
    size_t n = (size_t)(brace - line.p);
    return bytes_trim(bytes_of(line.p, n > 0 && line.p[n - 1] == '~' ? n - 1 : n));
}

/* Takes "<4096>" off the end. */
static bool take_origin(struct bytes *text, uint64_t *offset) {
    const uint8_t *open = text->n && text->p[text->n - 1] == '>' ? memrchr(text->p, '<', text->n) : NULL;
    if (!open || !bytes_number(bytes_of(open + 1, text->n - 2 - (size_t)(open - text->p)), offset))
        return false;
    text->n = (size_t)(open - text->p);
    return true;
}

/* Takes the last word off, its section "[1.2]" with it. */
static struct bytes take_item(struct bytes *text, struct bytes *section) {
    const uint8_t *open = text->n && text->p[text->n - 1] == ']' ? memrchr(text->p, '[', text->n) : NULL;
    *section = bytes_of(NULL, 0);
    if (open) {
        *section = bytes_of(open + 1, text->n - 2 - (size_t)(open - text->p));
        text->n = (size_t)(open - text->p);
    }
    size_t from = text->n;
    while (from > 0 && text->p[from - 1] != ' ' && text->p[from - 1] != '(')
        from--;
    struct bytes item = bytes_of(text->p + from, text->n - from);
    text->n = from;
    return item;
}

/* "12" of "* 12 FETCH (...". */
static struct bytes message_number(struct bytes line) {
    struct bytes rest = bytes_of(line.p + (line.n > 2 ? 2 : line.n), line.n > 2 ? line.n - 2 : 0);
    return bytes_until(rest, ' ');
}

static bool is_numbers(struct bytes section) {
    bool digits = section.n > 0;
    for (size_t i = 0; i < section.n; i++)
        digits &= (section.p[i] >= '0' && section.p[i] <= '9') || section.p[i] == '.';
    return digits;
}

static struct bytes type_of(struct bytes item, struct bytes section) {
    if (bytes_equal_nocase(item, "RFC822") || (bytes_equal_nocase(item, "BODY") && section.n == 0))
        return bytes_text("message/rfc822");
    if (bytes_equal_nocase(item, "RFC822.HEADER") || bytes_starts_nocase(section, "HEADER"))
        return bytes_text("text/rfc822-headers");
    return bytes_of(NULL, 0);
}

/* "* 12 FETCH (UID 9 BODY[1.2]<4096> {100}" (RFC 9051 section 7.5.2). Parts of it make a whole. */
static bool fill_fetched(struct imap *s, struct bytes line, uint64_t size, struct transfer_seed *out,
                         bool *peeks) {
    struct bytes text = before_literal(line), section;
    uint64_t offset = 0;
    bool part = take_origin(&text, &offset);
    struct bytes item = take_item(&text, &section);
    out->fact[FACT_DECLARED_TYPE] = type_of(item, section);
    *peeks = !part && bytes_equal_nocase(item, "BODY") && is_numbers(section);
    if (!part)
        return true;
    out->resume = RESUME_RANGE;
    out->offset = offset;
    if (size < s->asked)
        out->total = add_sizes(offset, size);
    out->key[0] = bytes_of(s->mailbox.p, s->mailbox.n);
    out->key[1] = message_number(line);
    out->key[2] = section.n ? section : item;
    return true;
}

bool imap_literal_seed(struct imap *s, enum side from, struct bytes line, uint64_t size,
                       struct transfer_seed *out, bool *peeks) {
    struct bytes tag = bytes_until(line, ' ');
    struct bytes command = bytes_of(tag.p + tag.n, line.n - tag.n);
    *out = transfer_seed_of("imap", from);
    *peeks = false;
    out->length = size;
    out->fact[FACT_USER] = bytes_of(s->user.p, s->user.n);
    out->fact[FACT_PATH] = bytes_of(s->mailbox.p, s->mailbox.n);
    if (size == 0)
        return false;
    if (from == s->server)
        return fill_fetched(s, line, size, out, peeks);
    if (bytes_starts_nocase(command, " APPEND ") || bytes_starts_nocase(command, " REPLACE ") ||
        bytes_starts_nocase(command, " UID REPLACE ")) {
        out->fact[FACT_DECLARED_TYPE] = bytes_text("message/rfc822");
        return true;
    }
    return size >= SMALL;
}

bool imap_literal_is_base64(struct bytes first) {
    enum { LEAST = 56 };
    size_t n = 0;
    while (n < first.n && first.p[n] != '\r' && first.p[n] != '\n') {
        uint8_t c = first.p[n++];
        bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
                     c == '/' || c == '=';
        if (!digit)
            return false;
    }
    return n >= LEAST && n % 4 == 0;
}
