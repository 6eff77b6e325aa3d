/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/xml.h"

#include "base/utf8.h"

#include <stdlib.h>

void xml_begin(struct xml *x, const struct xml_events *events, void *context) {
    *x = (struct xml){.events = events, .context = context};
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Names count from behind their prefix. */
static void add_to_name(char name[XML_NAME], uint8_t *n, char c) {
    if (c == ':')
        *n = 0;
    else if (*n < XML_NAME)
        name[(*n)++] = c;
}

/* --- references --- */

static void give_text(struct xml *x, const void *p, size_t n) {
    if (n > 0)
        x->events->text(x->context, bytes_of(p, n));
}

/* "&lt;", "&#65;", "&#x41;" (section 4.1). What is none is text. */
static void end_reference(struct xml *x) {
    static const struct {
        const char *name;
        char c;
    } known[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    struct bytes r = bytes_of(x->reference, x->reference_n);
    char out[4];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bytes_equal(r, bytes_text(known[i].name))) {
            give_text(x, &known[i].c, 1);
            return;
        }
    if (r.n > 1 && r.p[0] == '#') {
        bool hex = r.p[1] == 'x';
        x->reference[r.n] = '\0';
        unsigned long c = strtoul(x->reference + 1 + hex, NULL, hex ? 16 : 10);
        if (c >= ' ' && c < 0x110000 && (c < 0xd800 || c > 0xdfff))
            give_text(x, out, utf8_put((uint32_t)c, out));
    }
}

static void take_reference(struct xml *x, char c) {
    if (c == ';') {
        end_reference(x);
        x->at = XML_TEXT;
    } else if (c == '<' || is_blank(c) || x->reference_n + 1 == sizeof x->reference) {
        give_text(x, x->reference, x->reference_n);
        x->at = c == '<' ? XML_TAG : XML_TEXT;
    } else {
        x->reference[x->reference_n++] = c;
    }
}

/* --- tags --- */

static void end_tag(struct xml *x) {
    struct bytes name = bytes_of(x->name, x->name_n);
    if (x->closing || x->empty)
        x->events->close(x->context, name);
    x->at = XML_TEXT;
}

static void begin_tag(struct xml *x, char c) {
    x->name_n = 0;
    x->closing = c == '/';
    x->empty = false;
    x->at = c == '!' || c == '?' ? XML_ASIDE : XML_IN_NAME;
    if (!x->closing)
        add_to_name(x->name, &x->name_n, c);
}

static void end_name(struct xml *x, char c) {
    if (!x->closing)
        x->events->open(x->context, bytes_of(x->name, x->name_n));
    x->at = XML_IN_TAG;
    x->empty = c == '/';
    if (c == '>')
        end_tag(x);
}

static void take_in_name(struct xml *x, char c) {
    if (c == '>' || c == '/' || is_blank(c))
        end_name(x, c);
    else
        add_to_name(x->name, &x->name_n, c);
}

static void take_in_tag(struct xml *x, char c) {
    if (c == '>') {
        end_tag(x);
        return;
    }
    x->empty = c == '/';
    if (c == '/' || is_blank(c))
        return;
    x->attribute_n = 0;
    add_to_name(x->attribute, &x->attribute_n, c);
    x->at = XML_IN_ATTRIBUTE;
}

static void take_in_attribute(struct xml *x, char c) {
    if (c == '=')
        x->at = XML_AT_VALUE;
    else if (c == '>')
        end_tag(x);
    else if (!is_blank(c))
        add_to_name(x->attribute, &x->attribute_n, c);
}

static void take_at_value(struct xml *x, char c) {
    if (c == '>')
        end_tag(x);
    if (c != '"' && c != '\'')
        return;
    x->quote = c;
    x->value_n = 0;
    x->at = XML_IN_VALUE;
}

static void take_in_value(struct xml *x, char c) {
    if (c != x->quote) {
        if (x->value_n < XML_VALUE)
            x->value[x->value_n++] = c;
        return;
    }
    x->events->attribute(x->context, bytes_of(x->attribute, x->attribute_n), bytes_of(x->value, x->value_n));
    x->at = XML_IN_TAG;
}

static void take_octet(struct xml *x, char c) {
    switch (x->at) {
    case XML_REFERENCE:
        take_reference(x, c);
        break;
    case XML_TAG:
        begin_tag(x, c);
        break;
    case XML_IN_NAME:
        take_in_name(x, c);
        break;
    case XML_IN_TAG:
        take_in_tag(x, c);
        break;
    case XML_IN_ATTRIBUTE:
        take_in_attribute(x, c);
        break;
    case XML_AT_VALUE:
        take_at_value(x, c);
        break;
    case XML_IN_VALUE:
        take_in_value(x, c);
        break;
    case XML_TEXT:
    case XML_ASIDE:
        if (c == '>')
            x->at = XML_TEXT;
        break;
    }
}

/* Up to the next tag or reference. */
static size_t take_text(struct xml *x, struct bytes in) {
    size_t n = 0;
    while (n < in.n && in.p[n] != '<' && in.p[n] != '&')
        n++;
    give_text(x, in.p, n);
    if (n == in.n)
        return n;
    x->at = in.p[n] == '<' ? XML_TAG : XML_REFERENCE;
    x->reference_n = 0;
    return n + 1;
}

void xml_data(struct xml *x, struct bytes in) {
    for (size_t at = 0; at < in.n;)
        if (x->at == XML_TEXT)
            at += take_text(x, bytes_of(in.p + at, in.n - at));
        else
            take_octet(x, (char)in.p[at++]);
}
