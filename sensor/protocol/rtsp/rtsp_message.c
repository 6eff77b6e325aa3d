/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/rtsp/rtsp_session.h"

static struct bytes skip_octets(struct bytes in, size_t n) {
    return n < in.n ? bytes_of(in.p + n, in.n - n) : bytes_of(NULL, 0);
}

/* "RTSP/1.0" */
static bool is_version(struct bytes word) {
    return word.n >= 8 && bytes_starts_nocase(word, "RTSP/") && word.p[5] >= '0' && word.p[5] <= '9';
}

static bool is_method(struct bytes word) {
    enum { LONGEST = 24 };
    bool good = word.n > 0 && word.n <= LONGEST;
    for (size_t i = 0; good && i < word.n; i++)
        good = (word.p[i] >= 'A' && word.p[i] <= 'Z') || word.p[i] == '_' || word.p[i] == '-';
    return good;
}

bool rtsp_message_begin(struct rtsp_message *m, struct bytes line, bool cut) {
    line = bytes_trim(line);
    *m = (struct rtsp_message){.begun = true};
    struct bytes word = bytes_until(line, ' ');
    if (is_version(word))
        return true;
    const uint8_t *space = line.n && !cut ? memrchr(line.p, ' ', line.n) : NULL;
    size_t from = word.n + 1, to = space ? (size_t)(space - line.p) : line.n;
    if (!is_method(word) || (!cut && (!space || !is_version(skip_octets(line, to + 1)))))
        return false;
    m->request = true;
    if (bytes_equal_nocase(word, "SETUP"))
        m->method = RTSP_SETUP;
    else if (bytes_equal_nocase(word, "DESCRIBE") || bytes_equal_nocase(word, "ANNOUNCE"))
        m->method = RTSP_DESCRIBE;
    rtsp_text_set(&m->url, bytes_trim(bytes_of(line.p + from, to > from ? to - from : 0)));
    return true;
}

static bool may_be_version(struct bytes line) {
    static const char version[] = "RTSP/";
    if (line.n < sizeof version - 1)
        return memcmp(line.p, version, line.n) == 0;
    return bytes_starts_nocase(line, version) && (line.n == 5 || (line.p[5] >= '0' && line.p[5] <= '9'));
}

/* What stands behind a method: "rtsp://", a path or a star. */
static bool may_be_target(struct bytes text) {
    if (text.n == 0 || text.p[0] == '*' || text.p[0] == '/')
        return true;
    return letter_lower((char)text.p[0]) == 'r' && (text.n < 4 || bytes_starts_nocase(text, "rtsp"));
}

bool rtsp_may_begin(struct bytes line) {
    struct bytes word = bytes_until(line, ' ');
    if (line.n == 0 || may_be_version(line))
        return true;
    return is_method(word) && (word.n == line.n || may_be_target(skip_octets(line, word.n + 1)));
}

/* Digest username="lane4" (RFC 7616 section 3.4). */
static struct bytes read_user(struct bytes value) {
    static const char key[] = "username=\"";
    for (size_t i = 0; i + sizeof key - 1 < value.n; i++)
        if (bytes_starts_nocase(skip_octets(value, i), key))
            return bytes_until(skip_octets(value, i + sizeof key - 1), '"');
    return bytes_of(NULL, 0);
}

void rtsp_message_field(struct rtsp_message *m, struct bytes line) {
    struct bytes name = bytes_until(line, ':'), value = bytes_trim(skip_octets(line, name.n + 1));
    name = bytes_trim(name);
    if (bytes_equal_nocase(name, "CSeq")) {
        if (!bytes_number(value, &m->number))
            m->number = 0;
    } else if (bytes_equal_nocase(name, "Content-Length") || bytes_equal_nocase(name, "l")) {
        if (!bytes_number(value, &m->length))
            m->length = 0;
    } else if (bytes_equal_nocase(name, "Content-Type") || bytes_equal_nocase(name, "c")) {
        rtsp_text_set(&m->type, value);
        m->sdp = bytes_starts_nocase(value, "application/sdp");
    } else if (bytes_equal_nocase(name, "Transport")) {
        rtsp_text_set(&m->transport, value);
    } else if (bytes_equal_nocase(name, "Content-Base") && m->url.n == 0) {
        bool slash = value.n > 1 && value.p[value.n - 1] == '/'; /* for what is relative to it */
        rtsp_text_set(&m->url, bytes_of(value.p, value.n - slash));
    } else if (bytes_equal_nocase(name, "Authorization")) {
        rtsp_text_set(&m->user, read_user(value));
    }
}

struct rtsp_url rtsp_url_read(struct bytes url) {
    struct rtsp_url out = {.host = {NULL, 0}};
    struct bytes rest = url;
    size_t scheme = 0;
    while (scheme + 3 <= url.n && memcmp(url.p + scheme, "://", 3) != 0)
        scheme++;
    if (scheme + 3 > url.n) {
        out.path = url;
        return out;
    }
    rest = skip_octets(url, scheme + 3);
    struct bytes authority = bytes_until(rest, '/');
    out.path = skip_octets(rest, authority.n);
    const uint8_t *at = authority.n ? memrchr(authority.p, '@', authority.n) : NULL;
    if (at) {
        size_t n = (size_t)(at - authority.p);
        out.user = bytes_until(bytes_of(authority.p, n), ':');
        authority = skip_octets(authority, n + 1);
    }
    bool literal = authority.n && authority.p[0] == '[';
    out.host = literal ? bytes_until(skip_octets(authority, 1), ']') : bytes_until(authority, ':');
    return out;
}
