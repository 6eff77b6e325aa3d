/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mqtt/mqtt_session.h"

#include "protocol/memory.h"
#include "protocol/protocol.h"
#include "protocol/rows.h"

/* Reads that come one in a message and name nothing in it are told by many of them alone: short texts that
 * hold a word of a plate's length are one text too, a line each, the topic before it. */

enum { TEXT_MAX = 256, WORD_LEAST = 5, WORD_MOST = 8 };

struct mqtt_text {
    struct sql_source source;
    struct rows rows;
    uint16_t n;
    uint8_t message[TEXT_MAX];
};

static bool is_letter(uint8_t c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

/* Letters and digits in one word. */
static bool holds_word(struct bytes text) {
    size_t letters = 0, digits = 0;
    for (size_t i = 0; i <= text.n; i++) {
        bool letter = i < text.n && is_letter(text.p[i]), digit = i < text.n && is_digit(text.p[i]);
        letters += letter;
        digits += digit;
        if (letter || digit)
            continue;
        size_t n = letters + digits;
        if (letters && digits && n >= WORD_LEAST && n <= WORD_MOST)
            return true;
        letters = digits = 0;
    }
    return false;
}

/* One line; JSON and XML say by themselves what they are. */
static bool is_plain(struct bytes text) {
    bool plain = text.n > 0 && text.p[0] != '{' && text.p[0] != '[' && text.p[0] != '<';
    for (size_t i = 0; plain && i < text.n; i++)
        plain = text.p[i] >= ' ' || text.p[i] == '\t';
    return plain;
}

/* NULL: no memory. */
static struct mqtt_text *open_text(struct mqtt *m, struct mqtt_side *s) {
    static const time_ns pause = 60 * NS_PER_S;
    struct mqtt_text *t = s->text ? s->text : protocol_alloc(PROTOCOL_HELD, sizeof *t);
    if (!t || s->text)
        return t;
    t->source = (struct sql_source){.c = m->c, .protocol = "mqtt", .from = s->from};
    t->source.user_n = m->user_n < SQL_NAME ? m->user_n : SQL_NAME;
    memcpy(t->source.user, m->user, t->source.user_n);
    rows_init(&t->rows, &t->source);
    t->rows.pause = pause;
    s->text = t;
    return t;
}

void mqtt_text_take(struct mqtt *m, struct mqtt_side *s, const uint8_t *p, size_t n) {
    struct mqtt_text *t = s->packet.length <= TEXT_MAX ? open_text(m, s) : NULL;
    if (!t || n > (size_t)(TEXT_MAX - t->n))
        return;
    memcpy(t->message + t->n, p, n);
    t->n = (uint16_t)(t->n + n);
}

void mqtt_text_end(struct mqtt_side *s, bool whole) {
    struct mqtt_text *t = s->text;
    if (!t)
        return;
    struct bytes message = bytes_trim(bytes_of(t->message, t->n)), topic = bytes_of(s->topic, s->topic_n);
    t->n = 0;
    if (!whole || !is_plain(message) || !(holds_word(message) || holds_word(topic)))
        return;
    rows_put(&t->rows, topic);
    rows_text(&t->rows, bytes_text("="));
    rows_put(&t->rows, message);
    rows_text(&t->rows, bytes_text("\n"));
    rows_pause(&t->rows);
}

bool mqtt_text_settle(struct mqtt_side *s) {
    return s->text && rows_settle(&s->text->rows);
}

void mqtt_text_close(struct mqtt_side *s, bool clean) {
    if (s->text)
        rows_end(&s->text->rows, clean && !s->seeks ? TRANSFER_DONE : TRANSFER_CUT);
}
