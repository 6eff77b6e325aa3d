/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/patterns/matcher.h"

#include <ctype.h>
#include <string.h>

/* A reader of regular expressions that is only as good as its question: is there a run of fixed bytes in
 * every match? Hyperscan steps over bytes without such a run at many GB/s, and looks at each byte where there
 * is none. */
enum { LITERAL_MIN = 3, NESTING_MAX = 16 };

struct run {
    unsigned now, best; /* fixed bytes in a row: at this point, and the longest so far */
};

static const char *skip_class(const char *p) {
    if (*p == '^')
        p++;
    if (*p == ']')
        p++;
    for (; *p && *p != ']'; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '[' && p[1] == ':')
            while (*p && !(*p == ':' && p[1] == ']'))
                p++;
        if (!*p)
            return p;
    }
    return *p ? p + 1 : p;
}

struct quantifier {
    bool any, optional, fixed_once;
};

/* Reads "*", "+", "?", "{2,3}" and a following "?" or "+". */
static const char *skip_quantifier(const char *p, struct quantifier *q) {
    *q = (struct quantifier){0};
    if (*p == '*' || *p == '?' || *p == '+') {
        q->any = true;
        q->optional = *p++ != '+';
    } else if (*p == '{' && isdigit((unsigned char)p[1])) {
        q->any = true;
        q->optional = p[1] == '0';
        while (*p && *p != '}')
            p++;
        p += *p == '}';
    }
    if (q->any && (*p == '?' || *p == '+'))
        p++;
    return p;
}

/* An escape that stands for one fixed byte. `p` is behind the backslash. */
static const char *skip_escape(const char *p, bool *fixed, bool *zero_width) {
    *fixed = *p && (!isalnum((unsigned char)*p) || strchr("ntrfaex", *p));
    *zero_width = *p && strchr("bBAzZG", *p);
    if (*p == 'x' && p[1] == '{')
        while (*p && *p != '}')
            p++;
    else if (*p == 'x')
        p += (p[1] && isxdigit((unsigned char)p[1])) + (p[1] && p[2] && isxdigit((unsigned char)p[2]));
    else if ((*p == 'p' || *p == 'P') && p[1] == '{')
        while (*p && *p != '}')
            p++;
    return *p ? p + 1 : p;
}

static const char *read_alternatives(const char *p, unsigned depth, unsigned *best);

/* One atom without its quantifier: *fixed if it is one fixed byte, *inner the best run inside a group. */
static const char *skip_atom(const char *p, unsigned depth, bool *fixed, bool *zero_width, unsigned *inner) {
    *fixed = *zero_width = false;
    *inner = 0;
    switch (*p) {
    case '[':
        return skip_class(p + 1);
    case '\\':
        return skip_escape(p + 1, fixed, zero_width);
    case '.':
        return p + 1;
    case '^':
    case '$':
        *zero_width = true;
        return p + 1;
    case '(':
        *zero_width = p[1] == '?' && (p[2] == '=' || p[2] == '!' || p[2] == '<');
        p = read_alternatives(p + 1, depth + 1, inner);
        return *p == ')' ? p + 1 : p;
    default:
        *fixed = true;
        return p + 1;
    }
}

static const char *read_sequence(const char *p, unsigned depth, unsigned *best) {
    struct run run = {0};
    while (*p && *p != '|' && *p != ')') {
        bool fixed, zero_width;
        unsigned inner;
        struct quantifier q;
        p = skip_atom(p, depth, &fixed, &zero_width, &inner);
        p = skip_quantifier(p, &q);
        if (zero_width)
            continue;
        if (!q.optional && inner > run.best)
            run.best = inner;
        /* `a+` begins or ends a run with one byte: good for what stands before it. */
        run.now = fixed && !q.optional ? run.now + 1 : 0;
        run.best = run.now > run.best ? run.now : run.best;
        if (q.any)
            run.now = fixed && !q.optional ? 1 : 0;
    }
    *best = run.best;
    return p;
}

static const char *read_alternatives(const char *p, unsigned depth, unsigned *best) {
    *best = UINT32_MAX;
    if (depth > NESTING_MAX) {
        *best = 0;
        return p + strlen(p);
    }
    if (*p == '?') /* (?:, (?i), (?P<name>, look-around: up to the body */
        p += strspn(p, "?:imsxP=!<-");
    for (;;) {
        unsigned one;
        p = read_sequence(p, depth, &one);
        *best = one < *best ? one : *best;
        if (*p != '|')
            return p;
        p++;
    }
}

bool pattern_has_literal(const char *expression) {
    unsigned best;
    const char *end = read_alternatives(expression, 0, &best);
    return *end == 0 && best >= LITERAL_MIN;
}
