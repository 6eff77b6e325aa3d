/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp_text.h"

#include "base/counter.h"

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static struct bytes bytes_from(struct bytes b, size_t at) {
    return bytes_of(b.p + at, b.n - at);
}

/* Up to and without `end`; all of it if it is not there. *rest is what is behind it. */
static struct bytes take_until(struct bytes b, uint8_t end, struct bytes *rest) {
    struct bytes before = bytes_until(b, (char)end);
    *rest = before.n < b.n ? bytes_from(b, before.n + 1) : bytes_of(NULL, 0);
    return before;
}

/* Where `word` begins, case ignored. */
static bool find_word(struct bytes b, const char *word, size_t *at) {
    for (size_t i = 0; i < b.n; i++)
        if (bytes_starts_nocase(bytes_from(b, i), word)) {
            *at = i;
            return true;
        }
    return false;
}

/* A decimal number up to `most` at the start; the bytes it took, 0 if there is none. */
static size_t read_number(struct bytes b, uint32_t most, uint32_t *out) {
    uint32_t value = 0;
    size_t n = 0;
    while (n < b.n && is_digit(b.p[n])) {
        value = value * 10 + (b.p[n++] - (uint32_t)'0');
        if (value > most)
            return 0;
    }
    *out = value;
    return n;
}

static bool read_six_numbers(struct bytes b, uint8_t out[6]) {
    size_t at = 0;
    for (int i = 0; i < 6; i++) {
        uint32_t value;
        if (i > 0) {
            if (at == b.n || b.p[at] != ',')
                return false;
            do
                at++;
            while (at < b.n && b.p[at] == ' ');
        }
        size_t n = read_number(bytes_from(b, at), 255, &value);
        if (n == 0)
            return false;
        out[i] = (uint8_t)value;
        at += n;
    }
    return true;
}

bool ftp_read_host_port(struct bytes text, struct endpoint *out) {
    uint8_t six[6];
    for (size_t i = 0; i < text.n; i++) {
        if (!is_digit(text.p[i]) || (i > 0 && is_digit(text.p[i - 1])) ||
            !read_six_numbers(bytes_from(text, i), six))
            continue;
        uint16_t port = (uint16_t)(six[4] << 8 | six[5]);
        if (port == 0)
            return false;
        *out = (struct endpoint){address_from_v4(six), port};
        return true;
    }
    return false;
}

static bool read_port(struct bytes b, uint16_t *out) {
    uint32_t value;
    if (b.n == 0 || read_number(b, 65535, &value) != b.n || value == 0)
        return false;
    *out = (uint16_t)value;
    return true;
}

bool ftp_read_extended(struct bytes text, struct endpoint *out) {
    char address[ADDRESS_TEXT_MAX];
    struct endpoint e;
    struct bytes b = bytes_trim(text), rest;
    if (b.n < 7 || is_digit(b.p[0]))
        return false;
    uint8_t delimiter = b.p[0];
    take_until(bytes_from(b, 1), delimiter, &rest); /* the protocol number: the address tells it too */
    struct bytes host = take_until(rest, delimiter, &rest);
    if (host.n == 0 || host.n >= sizeof address)
        return false;
    memcpy(address, host.p, host.n);
    address[host.n] = 0;
    if (!address_parse(address, &e.address) || !read_port(take_until(rest, delimiter, &rest), &e.port))
        return false;
    *out = e;
    return true;
}

bool ftp_read_extended_port(struct bytes text, uint16_t *out) {
    for (size_t i = 0; i + 4 < text.n; i++) {
        uint8_t delimiter = text.p[i + 1];
        struct bytes rest;
        if (text.p[i] != '(' || is_digit(delimiter) || delimiter <= ' ')
            continue;
        take_until(bytes_from(text, i + 2), delimiter, &rest);
        take_until(rest, delimiter, &rest);
        if (read_port(take_until(rest, delimiter, &rest), out))
            return true;
    }
    return false;
}

bool ftp_read_length(struct bytes text, uint64_t *out) {
    for (size_t i = text.n; i-- > 0;) {
        size_t n = 0;
        if (text.p[i] != '(')
            continue;
        struct bytes b = bytes_from(text, i + 1);
        while (n < b.n && is_digit(b.p[n]))
            n++;
        if (bytes_starts_nocase(bytes_from(b, n), " byte") && bytes_number(bytes_of(b.p, n), out))
            return true;
    }
    return false;
}

bool ftp_read_unique_name(struct bytes text, struct bytes *out) {
    static const struct {
        const char *before;
        const char *behind; /* the first of these ends it */
    } forms[] = {
        {"FILE: ", ""}, {"unique file name:", ")"}, {"\"", "\""}, {" '", "'"}, {"connection for ", " ("}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t at;
        if (!find_word(text, forms[i].before, &at))
            continue;
        struct bytes name = bytes_from(text, at + strlen(forms[i].before)), rest;
        for (const char *c = forms[i].behind; *c; c++)
            name = take_until(name, (uint8_t)*c, &rest);
        name = bytes_trim(name);
        if (forms[i].behind[0] == ' ' && name.n && name.p[name.n - 1] == '.')
            name.n--; /* the sentence's */
        if (name.n) {
            *out = name;
            return true;
        }
    }
    return false;
}

bool ftp_read_reply(struct bytes line, unsigned *code, bool *more, struct bytes *text) {
    if (line.n < 3 || line.p[0] < '1' || line.p[0] > '6' || !is_digit(line.p[1]) || !is_digit(line.p[2]))
        return false;
    if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
        return false;
    *code =
        (line.p[0] - (unsigned)'0') * 100 + (line.p[1] - (unsigned)'0') * 10 + (line.p[2] - (unsigned)'0');
    *more = line.n > 3 && line.p[3] == '-';
    *text = line.n > 4 ? bytes_from(line, 4) : bytes_of(NULL, 0);
    return true;
}

struct bytes ftp_read_verb(struct bytes line, struct bytes *argument) {
    size_t n = 0;
    while (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
        line = bytes_from(line, 1);
    while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
        n++;
    *argument = n < line.n ? bytes_from(line, n + 1) : bytes_of(NULL, 0);
    return bytes_of(line.p, n);
}

void ftp_path_set(struct ftp_path *path, struct bytes text) {
    if (text.n > FTP_PATH_MAX) {
        counter_one(COUNTER_FTP_PATHS_CUT);
        text = bytes_from(text, text.n - FTP_PATH_MAX);
    }
    if (text.n)
        memmove(path->p, text.p, text.n);
    path->n = (uint16_t)text.n;
}

/* Cuts the last component off. False if there is none: then nobody can say where ".." leads. */
static bool drop_component(struct ftp_path *path) {
    if (path->n == 0)
        return false;
    while (path->n && path->p[path->n - 1] != '/')
        path->n--;
    if (path->n > 1)
        path->n--;
    return true;
}

static bool add_component(struct ftp_path *path, struct bytes component) {
    bool slash = path->n > 0 && path->p[path->n - 1] != '/';
    if (component.n + slash > (size_t)(FTP_PATH_MAX - path->n))
        return false;
    if (slash)
        path->p[path->n++] = '/';
    memcpy(path->p + path->n, component.p, component.n);
    path->n = (uint16_t)(path->n + component.n);
    return true;
}

void ftp_path_join(struct ftp_path *path, struct bytes argument) {
    struct bytes rest = argument;
    if (argument.n && argument.p[0] == '/')
        ftp_path_set(path, bytes_text("/"));
    while (rest.n) {
        struct bytes component = take_until(rest, '/', &rest);
        if (component.n == 0 || bytes_equal(component, bytes_text(".")))
            continue;
        if (bytes_equal(component, bytes_text("..")))
            drop_component(path);
        else if (!add_component(path, component)) {
            ftp_path_set(path, argument);
            return;
        }
    }
}

bool ftp_path_quoted(struct ftp_path *path, struct bytes text) {
    struct bytes b;
    struct ftp_path out = {0};
    take_until(text, '"', &b);
    for (size_t i = 0; i < b.n; i++) {
        if (b.p[i] == '"') {
            if (i + 1 == b.n || b.p[i + 1] != '"') {
                *path = out;
                return out.n > 0;
            }
            i++;
        }
        if (out.n == FTP_PATH_MAX)
            return false;
        out.p[out.n++] = b.p[i];
    }
    return false;
}

struct bytes ftp_path_name(const struct ftp_path *path) {
    size_t at = path->n;
    while (at > 0 && path->p[at - 1] != '/')
        at--;
    return bytes_of(path->p + at, path->n - at);
}
