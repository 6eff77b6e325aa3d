/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/target.h"

/* "[2001:db8::1]:443", "2001:db8::1", "example.org:443" without port and brackets. */
static struct bytes strip_port(struct bytes text) {
    if (text.n && text.p[0] == '[') {
        const uint8_t *end = memchr(text.p, ']', text.n);
        return end ? bytes_of(text.p + 1, (size_t)(end - text.p) - 1) : bytes_of(NULL, 0);
    }
    const uint8_t *colon = text.n ? memchr(text.p, ':', text.n) : NULL;
    bool other = colon && memrchr(text.p, ':', text.n) != colon; /* of an IPv6 address */
    return colon && !other ? bytes_of(text.p, (size_t)(colon - text.p)) : text;
}

#define MAIL_TAG "IPv6:" /* RFC 5321 section 4.1.3 */

static bool read_address(struct bytes text, struct address *out) {
    char room[ADDRESS_TEXT_MAX];
    if (text.n == 0 || text.n >= sizeof room || memchr(text.p, '\0', text.n))
        return false;
    memcpy(room, text.p, text.n);
    room[text.n] = '\0';
    return address_parse(bytes_starts_nocase(text, MAIL_TAG) ? room + strlen(MAIL_TAG) : room, out);
}

bool target_next(struct bytes *text, struct bytes *one) {
    if (text->n == 0)
        return false;
    const uint8_t *comma = memchr(text->p, ',', text->n);
    size_t n = comma ? (size_t)(comma - text->p) : text->n;
    *one = bytes_trim(bytes_of(text->p, n));
    *text = bytes_of(text->p + n + (comma != NULL), text->n - n - (comma != NULL));
    return true;
}

bool target_parse(struct bytes text, struct target *out) {
    const uint8_t *at = text.n ? memrchr(text.p, '@', text.n) : NULL;
    if (at)
        text = bytes_of(at + 1, text.n - (size_t)(at + 1 - text.p));
    text = strip_port(bytes_trim(text));
    while (text.n && text.p[text.n - 1] == '.')
        text.n--;
    *out = (struct target){.name = text};
    out->addressed = read_address(text, &out->address);
    return text.n > 0;
}

/* Where the label before `end` begins. */
static size_t label_before(struct bytes name, size_t end) {
    const uint8_t *dot = end ? memrchr(name.p, '.', end) : NULL;
    return dot ? (size_t)(dot - name.p) + 1 : 0;
}

size_t target_group(struct bytes name, char out[TARGET_GROUP_MAX]) {
    enum { SHORT_LABEL = 3, MOST = TARGET_GROUP_MAX - sizeof TARGET_MARK };
    size_t last = label_before(name, name.n), second = last ? label_before(name, last - 1) : 0, from = second;
    if (second && last - 1 - second <= SHORT_LABEL)
        from = label_before(name, second - 1);
    if (name.n - from > MOST)
        from = name.n - MOST;
    size_t n = name.n - from;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = name.p[from + i];
        out[i] = c > ' ' && c < 0x7f ? letter_lower((char)c) : '?';
    }
    memcpy(out + n, TARGET_MARK, sizeof TARGET_MARK - 1);
    return n + sizeof TARGET_MARK - 1;
}

bool target_is_group(struct bytes destination) {
    enum { MARK = sizeof TARGET_MARK - 1 };
    return destination.n > MARK && memcmp(destination.p + destination.n - MARK, TARGET_MARK, MARK) == 0;
}
