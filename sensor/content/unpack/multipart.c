/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/entity.h"

#include "base/counter.h"
#include "base/octets.h"
#include "base/pool.h"
#include "mime/mime.h"

#include <strings.h>

/* multipart bodies (RFC 2046 section 5.1; form-data: RFC 7578; byteranges: RFC 9110 section 14.6;
 * x-mixed-replace as cameras send it). Exact at every split of the input: what may be the start of a
 * delimiter is never stored but counted, since its bytes are known; all other bytes go on from where they
 * lie. */

enum {
    BOUNDARY_MAX = ENTITY_BOUNDARY_MAX,
    HEAD_MAX = 8 << 10,
    HEAD_LINES = 64,
    FIELD_PREFIX = 8, /* "Content-" */
    BEHIND_MIN = 128, /* so many bytes behind the last part are a thing of their own */
    KEPT_MAX = 512,
};

struct multipart {
    struct filter filter;
    struct pool *pool; /* that it is of */
    struct unpack *unpack;
    struct filter *part; /* the part that is open */
    enum { AT_PREAMBLE, AT_PADDING, AT_HEAD, AT_BODY, AT_EPILOGUE, AT_BEHIND } at;
    /* How much of CR LF "--" boundary the last bytes were: */
    enum { MATCH_NONE, MATCH_CR, MATCH_DELIMITER, MATCH_DASH } match;
    uint8_t line_end; /* bytes of line end before the delimiter: 0 at the start, 1 LF, 2 CR LF */
    uint16_t matched; /* bytes of `delimiter` */
    uint16_t delimiter_n;
    uint8_t delimiter[2 + BOUNDARY_MAX]; /* "--" boundary */
    bool byteranges, digest, replaces, final;
    bool is_sized;  /* so many are there, and nothing behind them */
    uint64_t sized; /* octets to the end that the part's own Content-Length says; 0: not said, or there */
    bool shaped;    /* it begins as such a body does */
    bool torn;      /* bytes were missing before its boundary was known: where parts begin is a guess */
    bool head_over; /* the present header line is beyond the limits, or one that nobody asks for */
    bool head_less; /* such a line came before: lines folded behind it go with it */
    bool head_told; /* that a line was */
    bool waits;     /* the part that is open is not worth an object yet: its bytes are in `kept` */
    unsigned head_lines;
    uint16_t candidate_n; /* of the line in `head` that may be a delimiter, by its shape; 0: none is */
    uint16_t head_n, line_start;
    uint64_t line_n; /* bytes of the current header line, line end left out */
    uint16_t kept_n;
    uint8_t kept[KEPT_MAX];
    uint8_t head[HEAD_MAX];
};

static void take_input(struct multipart *m, const uint8_t *p, size_t n);

/* --- Parts --- */

/* Cameras put a delimiter right behind a picture of so many octets, without a line end. */
static void note_size(struct multipart *m) {
    struct bytes rest = bytes_of(m->head, m->head_n), name, value;
    m->sized = 0;
    m->is_sized = false;
    while (m->replaces && mime_head_next(&rest, &name, &value))
        if (bytes_equal_nocase(name, "content-length") && !bytes_number(value, &m->sized))
            m->sized = 0;
}

static void open_part(struct multipart *m) {
    struct entity_rules rules = {.byteranges = m->byteranges, .replaces = m->replaces};
    if (m->byteranges)
        rules.name = object_fact(unpack_object(m->unpack), FACT_NAME);
    if (m->digest)
        rules.type = bytes_text("message/rfc822");
    m->part = entity_begin(m->unpack, m->head, m->head_n, &rules);
    counter_one(COUNTER_MULTIPART_PARTS);
}

/* Where its hosts have used up what objects cost, a part is one of its own once it has some bytes; smaller
 * ones are looked at together with their heads, as one text. */
static void begin_part(struct multipart *m) {
    m->kept_n = 0;
    note_size(m);
    m->waits = !unpack_pays(m->unpack);
    if (!m->waits)
        open_part(m);
}

/* The part that waits is worth an object after all. */
static void open_kept(struct multipart *m) {
    m->waits = false;
    open_part(m);
    if (m->part && m->kept_n > 0)
        filter_data(m->part, m->kept, m->kept_n);
}

static void keep_part(struct multipart *m, const uint8_t *p, size_t n) {
    if (n <= (size_t)(KEPT_MAX - m->kept_n)) {
        memcpy(m->kept + m->kept_n, p, n);
        m->kept_n = (uint16_t)(m->kept_n + n);
        return;
    }
    open_kept(m);
    if (m->part)
        filter_data(m->part, p, n);
}

static void leave_part(struct multipart *m) {
    m->waits = false;
    counter_one(COUNTER_MULTIPART_SMALL);
    if (m->byteranges) /* its whole is not put together */
        unpack_bounded(m->unpack);
    unpack_together(m->unpack, bytes_of(m->head, m->head_n), bytes_of(m->kept, m->kept_n));
}

static void close_part(struct multipart *m, enum transfer_end how) {
    if (m->waits)
        leave_part(m);
    if (m->part)
        filter_end(m->part, how);
    m->part = NULL;
}

static void emit_bytes(struct multipart *m, const uint8_t *p, size_t n) {
    if (n == 0)
        return;
    m->is_sized = false;
    if (m->at == AT_BODY && m->waits)
        keep_part(m, p, n);
    else if (m->at == AT_BODY && m->part)
        filter_data(m->part, p, n);
}

/* --- Delimiters --- */

static void begin_match(struct multipart *m, uint8_t line_end, uint16_t matched) {
    m->match = MATCH_DELIMITER;
    m->line_end = line_end;
    m->matched = matched;
}

/* It was no delimiter: its bytes are content. */
static void reject_match(struct multipart *m) {
    if (m->match == MATCH_CR)
        emit_bytes(m, (const uint8_t *)"\r", 1);
    if (m->match == MATCH_DELIMITER || m->match == MATCH_DASH) {
        emit_bytes(m, (const uint8_t *)"\r\n" + (2 - m->line_end), m->line_end);
        emit_bytes(m, m->delimiter, m->matched);
    }
    if (m->match == MATCH_DASH)
        emit_bytes(m, (const uint8_t *)"-", 1);
    m->match = MATCH_NONE;
}

static void begin_head(struct multipart *m) {
    m->at = AT_HEAD;
    m->match = MATCH_NONE;
    m->head_n = m->line_start = 0;
    m->line_n = 0;
    m->head_lines = 0;
    m->head_over = m->head_less = m->head_told = false;
}

static void end_delimiter(struct multipart *m, bool final) {
    close_part(m, TRANSFER_DONE);
    m->match = MATCH_NONE;
    m->final |= final;
    m->at = final ? AT_EPILOGUE : AT_PADDING;
    m->head_n = m->candidate_n = 0;
}

/* One byte of what may be a delimiter. False: it was none, and the byte is still to be looked at. */
static bool match_byte(struct multipart *m, uint8_t c) {
    if (m->match == MATCH_CR && c == '\n') {
        begin_match(m, 2, 0);
        return true;
    }
    if (m->match == MATCH_DELIMITER && m->matched < m->delimiter_n) {
        if (c == m->delimiter[m->matched]) {
            m->matched++;
            return true;
        }
    } else if (m->match == MATCH_DELIMITER && c == '-') {
        m->match = MATCH_DASH;
        return true;
    } else if (m->match == MATCH_DELIMITER && (c == '\r' || c == '\n' || c == ' ' || c == '\t')) {
        end_delimiter(m, false);
        return false; /* the padding's own */
    } else if (m->match == MATCH_DASH && c == '-') {
        end_delimiter(m, true);
        return true;
    }
    reject_match(m);
    return false;
}

/* --- One function for each place that the input can be at; each returns how many bytes it took --- */

/* A line end at p[at]: is it a delimiter's, as far as the bytes go? Takes it if so. */
static bool take_candidate(struct multipart *m, const uint8_t *p, size_t from, size_t at, size_t n) {
    size_t left = n - at - 1;
    size_t common = left < m->delimiter_n ? left : m->delimiter_n;
    if (memcmp(p + at + 1, m->delimiter, common) != 0)
        return false;
    uint8_t line_end = at > from && p[at - 1] == '\r' ? 2 : 1;
    emit_bytes(m, p + from, at + 1 - line_end - from);
    begin_match(m, line_end, (uint16_t)common);
    return true;
}

static size_t take_content(struct multipart *m, const uint8_t *p, size_t n) {
    size_t from = 0;
    while (m->match != MATCH_NONE && from < n) {
        bool taken = match_byte(m, p[from]);
        from += taken;
        if (m->at == AT_PADDING || m->at == AT_EPILOGUE)
            return from;
    }
    const struct bytes all = bytes_of(p, n);
    for (size_t at = from; (at = octets_find_pair(all, at, '\n', '-')) < n; at++)
        if (take_candidate(m, p, from, at, n))
            return at + 1 + m->matched;
    if (from == n)
        return n;
    bool cr = p[n - 1] == '\r';
    emit_bytes(m, p + from, n - from - cr);
    m->match = cr ? MATCH_CR : MATCH_NONE;
    return n;
}

static size_t body_take(struct multipart *m, const uint8_t *p, size_t n) {
    if (m->sized == 0)
        return take_content(m, p, n);
    size_t taken = take_content(m, p, m->sized < n ? (size_t)m->sized : n);
    m->sized -= taken;
    if (m->sized > 0 || m->at != AT_BODY || m->match == MATCH_DELIMITER || m->match == MATCH_DASH)
        return taken;
    reject_match(m);
    begin_match(m, 0, 0);
    m->is_sized = true;
    return taken;
}

/* The rest of a delimiter's line: white space that transport may have added. What else stands there makes it
 * no delimiter for strict receivers: it is looked at, as a part without a head. */
static size_t padding_take(struct multipart *m, const uint8_t *p, size_t n) {
    size_t blank = 0;
    while (blank < n && (p[blank] == ' ' || p[blank] == '\t' || p[blank] == '\r'))
        blank++;
    if (blank == n)
        return n;
    begin_head(m);
    if (p[blank] == '\n')
        return blank + 1;
    begin_part(m);
    m->at = AT_BODY;
    return blank;
}

static void head_store(struct multipart *m, const uint8_t *p, size_t n) {
    if (!m->head_over && (n > (size_t)(HEAD_MAX - m->head_n) || m->head_lines > HEAD_LINES)) {
        m->head_over = true;
        m->head_n = m->line_start; /* whole lines only */
        counter_add(COUNTER_MULTIPART_HEAD, !m->head_told);
        m->head_told = true;
    }
    if (m->head_over)
        return;
    memcpy(m->head + m->head_n, p, n);
    m->head_n = (uint16_t)(m->head_n + n);
}

/* Only fields that say what the content is need room; what is folded goes with its field. */
static void end_head_line(struct multipart *m) {
    const uint8_t *line = m->head + m->line_start;
    size_t n = (size_t)(m->head_n - m->line_start);
    bool folded = n > 0 && (line[0] == ' ' || line[0] == '\t');
    bool asked = n >= FIELD_PREFIX && strncasecmp((const char *)line, "content-", FIELD_PREFIX) == 0;
    m->head_less = m->head_over || (folded ? m->head_less : !asked);
    if (m->head_less)
        m->head_n = m->line_start;
    else
        m->head_lines++;
    m->head_over = false;
    m->line_start = m->head_n;
    m->line_n = 0;
}

/* A delimiter where a header should be: the part has no body. */
static bool read_head_delimiter(struct multipart *m) {
    struct bytes line = bytes_of(m->head + m->line_start, (size_t)(m->head_n - m->line_start));
    if (m->head_over || line.n < m->delimiter_n || memcmp(line.p, m->delimiter, m->delimiter_n) != 0)
        return false;
    struct bytes tail = bytes_trim(bytes_of(line.p + m->delimiter_n, line.n - m->delimiter_n));
    bool final = bytes_equal(tail, bytes_text("--"));
    if (tail.n > 0 && !final)
        return false;
    m->head_n = m->line_start;
    begin_part(m);
    end_delimiter(m, final);
    if (!final)
        begin_head(m); /* its line is read already */
    return true;
}

static size_t head_take(struct multipart *m, const uint8_t *p, size_t n) {
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n;
    for (size_t i = 0; i < take && m->line_n < 2; i++)
        m->line_n += p[i] != '\r' && p[i] != '\n';
    head_store(m, p, take);
    if (!lf || read_head_delimiter(m))
        return take;
    if (m->line_n == 0) {
        begin_part(m);
        m->at = AT_BODY;
        begin_match(m, 0, 0); /* an empty body's delimiter follows at once */
        return take;
    }
    end_head_line(m);
    return take;
}

/* --- Before the first part: its delimiter is the one that is declared, or what has the shape of one --- */

static bool begins_with(struct bytes line, const uint8_t *text, size_t n) {
    return line.n >= n && memcmp(line.p, text, n) == 0;
}

/* A line of dashes and a boundary, and a field behind it (RFC 2046 section 5.1.1). */
static bool has_shape(struct bytes line) {
    if (line.n < 3 || line.n > 2 + BOUNDARY_MAX || line.p[0] != '-' || line.p[1] != '-')
        return false;
    for (size_t i = 2; i < line.n; i++)
        if (line.p[i] < ' ')
            return false;
    return true;
}

static void set_delimiter(struct multipart *m, struct bytes line) {
    memmove(m->delimiter, line.p, line.n);
    m->delimiter_n = (uint16_t)line.n;
}

/* Does the line name the boundary that is declared? Cameras write their two dashes into the parameter too:
 * the line is believed. */
static bool is_declared(struct multipart *m, struct bytes line, bool *final) {
    size_t n = m->delimiter_n;
    *final = false;
    if (n == 0)
        return false;
    if (n > 4 && m->delimiter[2] == '-' && m->delimiter[3] == '-' && !begins_with(line, m->delimiter, n) &&
        begins_with(line, m->delimiter + 2, n - 2))
        set_delimiter(m, bytes_of(m->delimiter + 2, n -= 2));
    if (!begins_with(line, m->delimiter, n))
        return false;
    struct bytes tail = bytes_trim(bytes_of(line.p + n, line.n - n));
    *final = bytes_equal(tail, bytes_text("--"));
    return tail.n == 0 || *final;
}

/* A whole line, without its end, stands at the end of `head` from `from` on. */
static void end_preamble_line(struct multipart *m, size_t from) {
    bool final;
    struct bytes line = bytes_of(m->head + from, m->head_n - from);
    while (line.n > 0 &&
           (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
        line.n--;
    m->candidate_n = 0;
    m->head_n = 0;
    if (m->line_n > HEAD_MAX / 2)
        return;
    if (is_declared(m, line, &final)) {
        end_delimiter(m, final);
        if (!final)
            begin_head(m);
    } else if (has_shape(line)) {
        memmove(m->head, line.p, line.n);
        m->head_n = m->candidate_n = (uint16_t)line.n;
    }
}

/* The line behind a candidate begins as a field: it was one. */
static bool take_shape(struct multipart *m) {
    uint8_t begun[FIELD_PREFIX];
    if (m->candidate_n == 0 || m->head_n < m->candidate_n + FIELD_PREFIX)
        return false;
    bool field = strncasecmp((const char *)m->head + m->candidate_n, "content-", FIELD_PREFIX) == 0;
    bool first = m->delimiter_n == 0 && m->shaped;
    if (!field && !first)
        return false;
    memcpy(begun, m->head + m->candidate_n, sizeof begun);
    set_delimiter(m, bytes_of(m->head, m->candidate_n));
    counter_one(COUNTER_MULTIPART_BY_SHAPE);
    begin_head(m);
    head_take(m, begun, sizeof begun);
    return true;
}

/* Byte by byte up to where a field's name would be, then to the line's end. */
static size_t preamble_take(struct multipart *m, const uint8_t *p, size_t n) {
    const uint8_t *lf = memchr(p, '\n', n);
    size_t line = lf ? (size_t)(lf - p) : n, take = line;
    size_t have = (size_t)(m->head_n - m->candidate_n);
    if (m->candidate_n && have < FIELD_PREFIX && take > FIELD_PREFIX - have)
        take = FIELD_PREFIX - have;
    size_t room = (size_t)(HEAD_MAX / 2 - have), kept = take < room ? take : room;
    unpack_own(m->unpack, &m->filter, p, take + (lf && take == line));
    memcpy(m->head + m->head_n, p, kept);
    m->head_n = (uint16_t)(m->head_n + kept);
    m->line_n += take + (kept < take ? HEAD_MAX : 0);
    if (take_shape(m) || take < line || !lf)
        return take;
    end_preamble_line(m, m->candidate_n);
    if (m->at == AT_PREAMBLE)
        m->line_n = 0;
    return take + 1;
}

/* --- Behind the last part: another multipart body, or a thing that no part holds --- */

static void open_behind(struct multipart *m) {
    const struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    const struct unpack_child child = {.fact = fact, .total = LENGTH_UNKNOWN};
    m->part = unpack_begin(m->unpack, &child);
    if (m->torn && m->part)
        filter_gap(m->part, 1);
    m->at = AT_BEHIND;
    if (m->part)
        filter_data(m->part, m->head, m->head_n);
}

static size_t behind_take(struct multipart *m, const uint8_t *p, size_t n) {
    if (m->part)
        filter_data(m->part, p, n);
    return n;
}

/* White space first, then so many bytes that they are worth it. */
static size_t epilogue_take(struct multipart *m, const uint8_t *p, size_t n) {
    size_t blank = 0;
    while (m->head_n == 0 && blank < n && (p[blank] == '\r' || p[blank] == '\n' || p[blank] == ' '))
        blank++;
    if (blank > 0)
        return blank;
    size_t room = (size_t)(BEHIND_MIN - m->head_n), take = n < room ? n : room;
    memcpy(m->head + m->head_n, p, take);
    m->head_n = (uint16_t)(m->head_n + take);
    counter_add(COUNTER_MULTIPART_OUTSIDE, take);
    if (m->head_n < BEHIND_MIN)
        return take;
    if (m->head[0] != '-' || m->head[1] != '-') {
        open_behind(m);
        return take;
    }
    uint8_t again[BEHIND_MIN];
    memcpy(again, m->head, sizeof again);
    m->at = AT_PREAMBLE;
    m->head_n = m->candidate_n = 0;
    m->line_n = 0;
    take_input(m, again, sizeof again);
    return take;
}

static size_t (*const takers[])(struct multipart *m, const uint8_t *p, size_t n) = {
    [AT_PREAMBLE] = preamble_take, [AT_PADDING] = padding_take,   [AT_HEAD] = head_take,
    [AT_BODY] = body_take,         [AT_EPILOGUE] = epilogue_take, [AT_BEHIND] = behind_take,
};

static void take_input(struct multipart *m, const uint8_t *p, size_t n) {
    while (n > 0) {
        size_t taken = takers[m->at](m, p, n);
        p += taken;
        n -= taken;
    }
}

/* --- Filter --- */

static struct multipart *multipart_of(struct filter *f) {
    return (struct multipart *)f;
}

static void multipart_data(struct filter *f, const uint8_t *bytes, size_t n) {
    take_input(multipart_of(f), bytes, n);
}

/* Nothing follows directly: a delimiter that lacks no more than its line end is one. `over`: nothing follows
 * at all, and a line end is rather that of a delimiter that was never written. */
static void settle_match(struct multipart *m, bool over) {
    bool delimiter = m->match == MATCH_DASH || (m->match == MATCH_DELIMITER && m->matched == m->delimiter_n);
    bool last =
        over && m->match == MATCH_DELIMITER && m->matched == 0 && m->line_end == 2 && m->at == AT_BODY;
    if (delimiter || last)
        end_delimiter(m, false);
    else
        reject_match(m);
}

/* What is missing belongs to the part that is open; if none is, a part's head may be in it. */
static void multipart_gap(struct filter *f, uint64_t n) {
    struct multipart *m = multipart_of(f);
    counter_one(COUNTER_MULTIPART_GAPS);
    m->torn |= m->delimiter_n == 0;
    if (m->at == AT_EPILOGUE)
        return;
    if (m->at == AT_BEHIND) {
        if (m->part)
            filter_gap(m->part, n);
        return;
    }
    settle_match(m, false);
    m->sized = m->at == AT_BODY && n < m->sized ? m->sized - n : 0;
    if (m->at != AT_BODY) {
        if (m->at != AT_HEAD)
            begin_head(m);
        m->head_n = m->line_start;
        open_part(m);
        m->at = AT_BODY;
    }
    if (m->waits) /* what is missing may be more than what is there */
        open_kept(m);
    if (m->part)
        filter_gap(m->part, n);
}

static void multipart_end(struct filter *f, enum transfer_end how) {
    struct multipart *m = multipart_of(f);
    bool whole = m->at == AT_BODY && m->is_sized;
    settle_match(m, how == TRANSFER_DONE);
    if (m->at == AT_EPILOGUE && m->head_n >= BEHIND_MIN / 4)
        open_behind(m);
    if (m->at == AT_BEHIND)
        close_part(m, how);
    if (!m->final) {
        counter_one(COUNTER_MULTIPART_UNFINISHED);
        if (unpack_object(m->unpack)->container)
            unpack_incomplete(m->unpack);
    }
    close_part(m, whole ? TRANSFER_DONE : TRANSFER_CUT);
    pool_give(m->pool, m);
}

static void multipart_bounded(struct filter *f) {
    struct multipart *m = multipart_of(f);
    if (m->part)
        filter_bounded(m->part);
}

static const struct filter_ops multipart_ops = {
    .data = multipart_data, .gap = multipart_gap, .end = multipart_end, .bounded = multipart_bounded};

/* --- Life --- */

static const struct file_type container_types[] = {
    {"multipart/form-data", "multipart form", KIND_ARCHIVE},
    {"multipart/byteranges", "multipart ranges", KIND_ARCHIVE},
    {"multipart/x-mixed-replace", "multipart stream", KIND_ARCHIVE},
    {"multipart/related", "multipart, related", KIND_ARCHIVE},
    {"multipart/alternative", "multipart, alternatives", KIND_ARCHIVE},
    {"multipart/mixed", "multipart",
     KIND_ARCHIVE}, /* RFC 2046 section 5.1.3: what all others are treated as */
};

static const struct file_type *container_type(struct bytes declared) {
    size_t last = sizeof container_types / sizeof *container_types - 1;
    for (size_t i = 0; i < last; i++)
        if (bytes_starts_nocase(declared, container_types[i].mime))
            return &container_types[i];
    return &container_types[last];
}

static bool set_boundary(struct multipart *m, struct bytes boundary) {
    if (boundary.n == 0 || boundary.n > BOUNDARY_MAX)
        return false;
    for (size_t i = 0; i < boundary.n; i++)
        if (boundary.p[i] == '\r' || boundary.p[i] == '\n')
            return false;
    memcpy(m->delimiter, "--", 2);
    memcpy(m->delimiter + 2, boundary.p, boundary.n);
    m->delimiter_n = (uint16_t)(boundary.n + 2);
    return true;
}

/* By its shape whatever is declared, or by what is declared: its delimiter may come later. */
static bool matches_multipart(const struct file_type *type, struct bytes declared) {
    return type == type_multipart || bytes_starts_nocase(bytes_trim(declared), "multipart/");
}

/* What is declared and does not begin as one, nor holds its boundary soon, may be any file: it is inspected
 * as it is, and its parts are still found by who receives them. */
static bool wraps_parts(const struct file_type *type, struct bytes declared, struct bytes first) {
    char boundary[BOUNDARY_MAX];
    struct bytes b = mime_parameter(declared, "boundary", boundary, sizeof boundary);
    if (type == type_multipart || type->kind != KIND_TEXT || b.n == 0)
        return type == type_multipart;
    const uint8_t *lf = first.p;
    for (size_t at = 0; lf && at < first.n; at = (size_t)(lf - first.p) + 1) {
        struct bytes line = bytes_of(first.p + at, first.n - at);
        if (line.n > 2 + b.n && memcmp(line.p, "--", 2) == 0 && memcmp(line.p + 2, b.p, b.n) == 0) {
            struct bytes tail = bytes_until(bytes_of(line.p + 2 + b.n, line.n - 2 - b.n), '\n');
            return bytes_trim(tail).n == 0 || bytes_equal(bytes_trim(tail), bytes_text("--"));
        }
        lf = memchr(line.p, '\n', line.n);
    }
    return false;
}

/* Before the first part. */
static bool has_remark(const struct file_type *type) {
    return type != type_multipart;
}

static struct filter *create_multipart(struct unpack *u) {
    char scratch[2 * BOUNDARY_MAX];
    struct bytes declared = object_fact(unpack_object(u), FACT_DECLARED_TYPE);
    struct multipart *m = pool_take(unpack_state(u));
    if (!m) {
        counter_one(COUNTER_MULTIPART_SHED);
        return NULL;
    }
    memset(m, 0, offsetof(struct multipart, kept)); /* the rooms behind are written before they are read */
    m->filter.ops = &multipart_ops;
    m->pool = unpack_state(u);
    m->unpack = u;
    m->shaped = unpack_object(u)->type == type_multipart;
    m->byteranges = container_type(bytes_trim(declared)) == &container_types[1];
    m->replaces = bytes_starts_nocase(bytes_trim(declared), "multipart/x-mixed-replace");
    m->digest = bytes_starts_nocase(bytes_trim(declared), "multipart/digest");
    if (!set_boundary(m, mime_parameter(declared, "boundary", scratch, sizeof scratch)))
        counter_one(COUNTER_MULTIPART_BOUNDARY);
    return &m->filter;
}

static const struct file_type *type_of_multipart(struct bytes declared) {
    return container_type(bytes_trim(declared));
}

static void *start_multipart(size_t objects) {
    return unpack_start_pool(sizeof(struct multipart), objects);
}

const struct unpacker unpacker_multipart = {
    .name = "multipart",
    .kind = UNPACK_WRAPPER,
    .matches = matches_multipart,
    .wraps = wraps_parts,
    .has_text = has_remark,
    .create = create_multipart,
    .type_of = type_of_multipart,
    .start = start_multipart,
    .stop = unpack_stop_pool,
};
