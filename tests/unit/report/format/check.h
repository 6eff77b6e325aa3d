/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_REPORT_CHECK_H
#define GANTRY_TESTS_REPORT_CHECK_H

#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Readers of what the formats write, made from RFC 8259 and RFC 5424 alone, for tests and fuzz targets. */

/* --- JSON: strict, one text, valid UTF-8, no raw control character; duplicate keys in one object are refused
 * --- */

struct json_check {
    const char *at, *end;
    int depth;
};

static inline bool check_literal(struct json_check *c, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
        return false;
    c->at += n;
    return true;
}

static inline bool check_string(struct json_check *c) {
    if (c->at == c->end || *c->at++ != '"')
        return false;
    while (c->at < c->end && *c->at != '"') {
        uint32_t u;
        size_t n = utf8_next(bytes_of(c->at, (size_t)(c->end - c->at)), &u);
        if ((u == UTF8_REPLACEMENT && n == 1) || u < 0x20)
            return false;
        c->at += n;
        if (u != '\\')
            continue;
        if (c->at == c->end || !strchr("\"\\/bfnrtu", *c->at))
            return false;
        if (*c->at++ == 'u')
            for (int i = 0; i < 4; i++, c->at++)
                if (c->at == c->end || !strchr("0123456789abcdefABCDEF", *c->at))
                    return false;
    }
    return c->at < c->end && *c->at++ == '"';
}

static inline bool check_number(struct json_check *c) {
    const char *start = c->at;
    if (c->at < c->end && *c->at == '-')
        c->at++;
    while (c->at < c->end && strchr("0123456789.", *c->at))
        c->at++;
    return c->at > start && (*start != '0' || c->at == start + 1);
}

static inline bool check_value(struct json_check *c);

static inline bool check_object(struct json_check *c) {
    char seen[256][48];
    int count = 0;
    c->at++;
    if (c->at < c->end && *c->at == '}')
        return c->at++, true;
    for (;;) {
        const char *key = c->at;
        if (!check_string(c) || count == 256)
            return false;
        snprintf(seen[count], sizeof seen[0], "%.*s", (int)(c->at - key), key);
        for (int i = 0; i < count; i++)
            if (strcmp(seen[i], seen[count]) == 0)
                return false;
        count++;
        if (c->at == c->end || *c->at++ != ':' || !check_value(c) || c->at == c->end)
            return false;
        if (*c->at == '}')
            return c->at++, true;
        if (*c->at++ != ',')
            return false;
    }
}

static inline bool check_array(struct json_check *c) {
    c->at++;
    if (c->at < c->end && *c->at == ']')
        return c->at++, true;
    for (;;) {
        if (!check_value(c) || c->at == c->end)
            return false;
        if (*c->at == ']')
            return c->at++, true;
        if (*c->at++ != ',')
            return false;
    }
}

static inline bool check_value(struct json_check *c) {
    bool good = false;
    if (c->at == c->end || ++c->depth > 20)
        return false;
    if (*c->at == '{')
        good = check_object(c);
    else if (*c->at == '[')
        good = check_array(c);
    else if (*c->at == '"')
        good = check_string(c);
    else if (*c->at == 't')
        good = check_literal(c, "true");
    else if (*c->at == 'f')
        good = check_literal(c, "false");
    else if (*c->at == 'n')
        good = check_literal(c, "null");
    else
        good = check_number(c);
    c->depth--;
    return good;
}

static inline bool check_json(const char *text, size_t n) {
    struct json_check c = {text, text + n, 0};
    return n && *text == '{' && check_value(&c) && c.at == c.end;
}

/* --- RFC 5424 section 6, with the values of the first element's parameters unescaped --- */

struct syslog_message {
    int priority;
    char timestamp[40], hostname[256], app[64], procid[64], msgid[64], element[64];
    struct {
        char name[33], value[9000];
    } param[300];
    int params;
    char message[9000];
};

static inline bool syslog_word(const char **at, const char *end, char *out, size_t size) {
    size_t n = 0;
    while (*at<end &&* * at> 32 && **at < 127 && n + 1 < size)
        out[n++] = *(*at)++;
    out[n] = '\0';
    return n && *at < end && *(*at)++ == ' ';
}

static inline bool syslog_value(const char **at, const char *end, char *out, size_t size) {
    size_t n = 0;
    while (*at < end && **at != '"' && n + 1 < size) {
        if (**at == ']')
            return false;
        if (**at == '\\' && *at + 1 < end && strchr("\"\\]", (*at)[1]))
            (*at)++;
        else if (**at == '\\')
            return false; /* we escape every backslash */
        out[n++] = *(*at)++;
    }
    out[n] = '\0';
    return *at < end && *(*at)++ == '"';
}

static inline bool syslog_param(const char **at, const char *end, struct syslog_message *m) {
    size_t n = 0;
    if (m->params == 300)
        return false;
    while (*at<end &&* * at> 32 && **at < 127 && !strchr("= ]\"", **at) && n < 32)
        m->param[m->params].name[n++] = *(*at)++;
    m->param[m->params].name[n] = '\0';
    if (n == 0 || *at + 1 >= end || *(*at)++ != '=' || *(*at)++ != '"')
        return false;
    return syslog_value(at, end, m->param[m->params].value, sizeof m->param[0].value) && ++m->params;
}

static inline bool check_plain(const char *text, size_t n) {
    bool ascii = true, bom = n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;
    struct bytes in = bytes_of(text + (bom ? 3 : 0), n - (bom ? 3 : 0));
    while (in.n) {
        uint32_t c;
        size_t used = utf8_next(in, &c);
        if ((c == UTF8_REPLACEMENT && used == 1) || utf8_hidden(c))
            return false;
        ascii &= c < 0x80;
        in = bytes_of(in.p + used, in.n - used);
    }
    return ascii || bom;
}

static inline bool check_syslog(const char *text, size_t n, struct syslog_message *m) {
    const char *at = text, *end = text + n;
    char *rest;
    m->params = 0;
    if (n < 8 || *at++ != '<')
        return false;
    m->priority = (int)strtol(at, &rest, 10);
    at = rest;
    if (m->priority < 0 || m->priority > 191 || strncmp(at, ">1 ", 3) != 0)
        return false;
    at += 3;
    if (!syslog_word(&at, end, m->timestamp, 33) || !syslog_word(&at, end, m->hostname, 256) ||
        !syslog_word(&at, end, m->app, 49) || !syslog_word(&at, end, m->procid, 64) ||
        !syslog_word(&at, end, m->msgid, 33) || at == end || *at++ != '[')
        return false;
    size_t id = 0;
    while (at < end && *at != ' ' && *at != ']' && id < 32)
        m->element[id++] = *at++;
    m->element[id] = '\0';
    while (at < end && *at == ' ') {
        at++;
        if (!syslog_param(&at, end, m))
            return false;
    }
    if (at == end || *at++ != ']' || at == end || *at++ != ' ')
        return false;
    snprintf(m->message, sizeof m->message, "%.*s", (int)(end - at), at);
    return check_plain(at, (size_t)(end - at)) && memchr(text, '\n', n) == NULL;
}

static inline const char *syslog_get(const struct syslog_message *m, const char *name) {
    for (int i = 0; i < m->params; i++)
        if (strcmp(m->param[i].name, name) == 0)
            return m->param[i].value;
    return NULL;
}

#endif
