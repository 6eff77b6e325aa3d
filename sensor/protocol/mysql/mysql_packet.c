/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mysql/mysql_session.h"

#include "base/counter.h"

/* --- messages --- */

static void begin_message(struct mysql *m, struct my_side *s) {
    s->in_message = true;
    if (my_is_server(m, s))
        my_begin_answer(m, s);
    else
        my_begin_command(m, s, s->head[3]);
}

void my_end_message(struct mysql *m, struct my_side *s, bool whole) {
    s->in_message = false;
    if (my_is_server(m, s))
        my_end_answer(m, s, whole);
    else
        my_end_command(m, s, whole);
}

static void end_packet(struct mysql *m, struct my_side *s) {
    s->in_packet = false;
    s->head_n = 0;
    if (!s->goes_on)
        my_end_message(m, s, true);
}

/* Behind a packet of the greatest length the message goes on in the next. */
static void begin_packet(struct mysql *m, struct my_side *s) {
    s->left = (uint32_t)s->head[0] | (uint32_t)s->head[1] << 8 | (uint32_t)s->head[2] << 16;
    s->goes_on = s->left == MYSQL_PACKET;
    s->number = s->head[3];
    s->in_packet = true;
    if (!s->in_message)
        begin_message(m, s);
    if (s->left == 0)
        end_packet(m, s);
}

static size_t take_body(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    n = n < s->left ? n : s->left;
    size_t taken = my_is_server(m, s) ? my_take_answer(m, s, p, n) : my_take_command(m, s, p, n);
    s->left -= (uint32_t)taken;
    s->seen += taken;
    if (s->left == 0)
        end_packet(m, s);
    return taken;
}

/* --- is it a packet? --- */

/* Numbers begin at 0 with a greeting and with each command, the answer goes on from there. In frames they may
 * be anything. */
static bool is_head(const struct mysql *m, const struct my_side *s) {
    uint8_t packet = s->head[3];
    if (s->compressed || s->in_message || m->phase < MY_ANSWER)
        return true;
    if (my_is_server(m, s))
        return packet == 1 || packet == (uint8_t)(s->number + 1) || m->file_n > 0;
    return packet == 0 || my_is_file(m, s, packet);
}

/* Who greets, or refuses to, is the server, who commands the client, also where the ends are swapped. */
static void learn_sides(struct mysql *m, const struct my_side *s, uint8_t first) {
    enum { REFUSES = 0xff };
    bool greets = first == MYSQL_VERSION_10 || first == REFUSES;
    if (s->head[3] == 0)
        m->server = greets ? s->source.from : side_other(s->source.from);
    m->sides_known = true;
}

/* What a client says next is in frames. */
static bool may_go_over(const struct mysql *m, const struct my_side *s) {
    return !my_is_server(m, s) && m->answered && !s->compressed &&
           (m->capabilities & (MYSQL_COMPRESS | MYSQL_ZSTD));
}

/* It goes over to them with its first command, whose number is 0 too. True: it has. */
static bool goes_over(const struct mysql *m, struct my_side *s) {
    bool over = may_go_over(m, s) && !s->in_message && s->head[3] == 0;
    if (over) {
        my_begin_compressed(s);
        memcpy(s->frame, s->head, MYSQL_HEAD);
        s->frame_n = MYSQL_HEAD;
        s->head_n = 0;
    }
    return over;
}

/* Commands that there are (COM_SLEEP to COM_RESET_CONNECTION, and MariaDB's). */
static bool is_command(uint8_t first) {
    return first <= 0x20 || first == MY_BULK || (first >= 0xf0 && first != 0xff);
}

static bool is_odd(const struct mysql *m, const struct my_side *s, uint8_t first) {
    return !my_is_server(m, s) && s->step == MY_AT_FIRST && s->in_message && s->seen == 0 &&
           !is_command(first);
}

static bool begins_message(const uint8_t *window, const void *context);

enum { MY_QUERY_WINDOW = MYSQL_HEAD + 5 };

static size_t window_of(const struct mysql *m, const struct my_side *s) {
    return my_is_server(m, s) ? MY_WINDOW : (may_go_over(m, s) ? MY_FRAME : 0) + MY_QUERY_WINDOW;
}

/* What was kept of a message that was sought; it may be the first one of those in frames. */
static void take_sought(struct mysql *m, struct my_side *s) {
    uint8_t kept[MY_WINDOW];
    size_t n = s->sought_n;
    bool in_frames = s->compressed;
    memcpy(kept, s->sought, n);
    s->seeks = false;
    s->sought_n = 0;
    if (my_is_server(m, s))
        m->phase = MY_ROWS;
    size_t at = my_take_packets(m, s, kept, n);
    if (s->compressed && !in_frames && !m->odd && at < n)
        my_take_compressed(m, s, kept + at, n - at);
}

size_t my_take_packets(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    bool compressed = s->compressed;
    if (s->seeks) {
        if (!seek_start(s->sought, &s->sought_n, window_of(m, s), begins_message, s, p, n, &at))
            return n;
        take_sought(m, s);
    }
    while (at < n && !m->tls && !m->odd && s->compressed == compressed) {
        if (s->in_packet) {
            m->odd = is_odd(m, s, p[at]);
            if (!m->odd)
                at += take_body(m, s, p + at, n - at);
            continue;
        }
        if (s->head_n < MYSQL_HEAD) {
            s->head[s->head_n++] = p[at++];
            if (s->head_n < MYSQL_HEAD || !m->sides_known)
                continue;
        }
        if (!m->sides_known)
            learn_sides(m, s, p[at]);
        if (goes_over(m, s))
            break;
        m->odd = !is_head(m, s);
        if (!m->odd)
            begin_packet(m, s);
    }
    return at;
}

/* --- what is missing --- */

static void skip_rest(struct mysql *m, struct my_side *s, uint64_t n) {
    if (s->step == MY_AT_VALUE)
        my_end_value(m, s, false, false);
    rows_line_end(&s->rows);
    rows_gap(&s->rows, n);
    my_go_to(s, MY_AT_SKIP);
}

static void gap_body(struct mysql *m, struct my_side *s, uint64_t n) {
    s->left -= (uint32_t)n;
    s->seen += n;
    if (s->step == MY_AT_STRAY || s->step == MY_AT_FILE) {
        my_take_stray(m, s, NULL, 0);
        m->c->services->gap(m->c, s->object, n);
    } else if (s->step == MY_AT_TEXT) {
        statement_gap(&m->statement, n);
    } else if (s->step == MY_AT_LONG) {
        value_gap(&m->long_value, n);
    } else if (s->step == MY_AT_VALUE && n <= s->value_left) {
        my_gap_value(m, s, n);
    } else if (s->step != MY_AT_SKIP) {
        skip_rest(m, s, n);
    }
    if (s->left == 0)
        end_packet(m, s);
}

/* Where no message is open the next one is sought. */
void my_gap_packets(struct mysql *m, struct my_side *s, uint64_t n) {
    if (s->in_packet && n <= s->left) {
        gap_body(m, s, n);
        return;
    }
    counter_one(COUNTER_SQL_PLACE_LOST);
    if (s->in_message)
        my_end_message(m, s, false);
    if (s->open) {
        m->c->services->end(m->c, s->object, TRANSFER_CUT);
        s->open = false;
    }
    rows_gap(&s->rows, n);
    s->in_packet = false;
    s->head_n = 0;
    s->seeks = true;
    s->sought_n = 0;
}

/* A row and the header of the next packet, whose number follows. */
static bool is_row(const uint8_t *w) {
    enum { AHEAD = MY_WINDOW - 2 * MYSQL_HEAD };
    size_t length = (size_t)w[0] | (size_t)w[1] << 8 | (size_t)w[2] << 16, next = MYSQL_HEAD + length;
    return length > 1 && length <= AHEAD && w[next + 2] == 0 && w[next + 3] == (uint8_t)(w[3] + 1) &&
           (w[MYSQL_HEAD] == 0 || w[MYSQL_HEAD] < length);
}

/* A statement, and words at its beginning. */
static bool is_query(const uint8_t *w) {
    enum { LETTERS = 4 };
    bool query = w[2] == 0 && w[3] == 0 && (w[MYSQL_HEAD] == MY_QUERY || w[MYSQL_HEAD] == MY_PREPARE);
    for (size_t i = 1; query && i <= LETTERS; i++)
        query = letter_lower((char)w[MYSQL_HEAD + i]) >= 'a' && letter_lower((char)w[MYSQL_HEAD + i]) <= 'z';
    return query;
}

/* A frame that folds nothing, with one packet that begins it. */
static bool is_framed_query(const uint8_t *w) {
    bool plain = w[2] == 0 && w[3] == 0 && w[4] == 0 && w[5] == 0 && w[6] == 0;
    size_t frame = (size_t)w[0] | (size_t)w[1] << 8,
           packet = (size_t)w[MY_FRAME] | (size_t)w[MY_FRAME + 1] << 8;
    return plain && frame == packet + MYSQL_HEAD && is_query(w + MY_FRAME);
}

static bool begins_message(const uint8_t *window, const void *context) {
    const struct my_side *s = context;
    const struct mysql *m = s->session;
    return my_is_server(m, s)  ? is_row(window)
           : may_go_over(m, s) ? is_framed_query(window)
                               : is_query(window);
}
