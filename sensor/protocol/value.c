/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/value.h"

#include "base/hex.h"
#include "protocol/protocol.h"
#include "protocol/structure.h"

enum { JUDGED = 2 + 2 * STRUCTURE_FIRST, ROOM = 1024 };

struct transfer_seed sql_seed(const struct sql_source *source, struct bytes name) {
    struct transfer_seed seed = transfer_seed_of(source->protocol, source->from);
    seed.fact[FACT_NAME] = name;
    seed.fact[FACT_USER] = bytes_of(source->user, source->user_n);
    seed.fact[FACT_PATH] = bytes_of(source->database, source->database_n);
    return seed;
}

void value_begin(struct value *v, const struct sql_source *source, struct bytes name, enum value_form form,
                 uint64_t length) {
    v->source = source;
    v->shown = v->torn = v->half = v->skip = false;
    v->judged = length < STRUCTURE_FIRST; /* it is too short to be a file */
    v->form = form;
    v->held_n = 0;
    v->hole = 0;
    v->name_n = (uint8_t)(name.n < VALUE_NAME ? name.n : VALUE_NAME);
    if (v->name_n)
        memcpy(v->name, name.p, v->name_n);
}

/* --- as an object --- */

/* Digits up to the first octet that is none; how many octets of them were taken. */
static size_t show_digits(struct value *v, const uint8_t *p, size_t n) {
    static uint8_t room[ROOM]; /* one worker, one call */
    size_t made = 0, at = 0;
    for (; at < n && made < ROOM; at++) {
        int digit = hex_value(p[at]);
        if (digit < 0)
            break;
        if (v->skip) {
            v->skip = false;
        } else if (v->half) {
            room[made++] = (uint8_t)(v->digit << 4 | digit);
            v->half = false;
        } else {
            v->digit = (uint8_t)digit;
            v->half = true;
        }
    }
    if (made)
        v->source->c->services->data(v->source->c, v->transfer, room, made);
    return at;
}

static void show_octets(struct value *v, const uint8_t *p, size_t n) {
    while (n > 0 && v->form == VALUE_HEX) {
        size_t taken = show_digits(v, p, n);
        if (taken < n && hex_value(p[taken]) < 0)
            v->form = VALUE_PLAIN;
        p += taken;
        n -= taken;
    }
    if (n)
        v->source->c->services->data(v->source->c, v->transfer, p, n);
}

static bool is_hex(struct bytes b) {
    bool hex = b.n >= 4 && b.p[0] == '\\' && b.p[1] == 'x';
    for (size_t i = 2; hex && i < b.n && i < JUDGED; i++)
        hex = hex_value(b.p[i]) >= 0;
    return hex;
}

/* Half a byte is as good as none. */
static uint64_t bytes_in(struct value *v, uint64_t digits) {
    if (v->form != VALUE_HEX)
        return digits;
    digits = add_sizes(digits, v->half);
    v->half = false;
    v->skip = digits & 1;
    return digits / 2 + (digits & 1);
}

static void show_gap(struct value *v, uint64_t n) {
    v->source->c->services->gap(v->source->c, v->transfer, bytes_in(v, n));
}

/* What is held, from `from` on. */
static void show_held(struct value *v, size_t from) {
    if (v->hole) {
        if (v->hole_at > from)
            show_octets(v, v->held + from, v->hole_at - from);
        show_gap(v, v->hole);
        from = v->hole_at;
    }
    if (v->held_n > from)
        show_octets(v, v->held + from, v->held_n - from);
}

static void show_value(struct value *v) {
    const struct sql_source *source = v->source;
    struct transfer_seed seed = sql_seed(source, bytes_of(v->name, v->name_n));
    size_t lead = 0;
    v->transfer = source->c->services->begin(source->c, &seed);
    v->shown = true;
    if (v->form == VALUE_MAY_BE_HEX) {
        bool hex = is_hex(bytes_of(v->held, v->hole ? v->hole_at : v->held_n));
        v->form = hex ? VALUE_HEX : VALUE_PLAIN;
        lead = hex ? 2 : 0;
    }
    show_held(v, lead);
}

/* --- what is held --- */

static struct bytes first_octets(const struct value *v, uint8_t room[STRUCTURE_FIRST]) {
    struct bytes held = bytes_of(v->held, v->held_n);
    bool hex = v->form == VALUE_HEX || (v->form == VALUE_MAY_BE_HEX && is_hex(held));
    size_t at = v->form == VALUE_MAY_BE_HEX ? 2 : 0, n = 0;
    if (!hex)
        return held;
    for (; n < STRUCTURE_FIRST && at + 1 < held.n; at += 2) {
        int high = hex_value(held.p[at]), low = hex_value(held.p[at + 1]);
        if (high < 0 || low < 0)
            break;
        room[n++] = (uint8_t)(high << 4 | low);
    }
    return bytes_of(room, n);
}

static bool begins_as_file(struct value *v) {
    uint8_t room[STRUCTURE_FIRST];
    if (v->judged)
        return false;
    v->judged = true;
    return structure_signature(first_octets(v, room)) == STRUCTURE_FOUND;
}

void value_data(struct value *v, const uint8_t *p, size_t n) {
    while (n > 0 && !v->shown) {
        size_t end = v->judged || v->held_n >= JUDGED ? VALUE_HELD : JUDGED;
        size_t take = end - v->held_n < n ? end - v->held_n : n;
        memcpy(v->held + v->held_n, p, take);
        v->held_n = (uint16_t)(v->held_n + take);
        p += take;
        n -= take;
        bool file = v->held_n >= JUDGED && begins_as_file(v);
        if (file || (v->held_n == VALUE_HELD && n > 0))
            show_value(v);
    }
    if (n)
        show_octets(v, p, n);
}

/* One that turns out to be long says where the first hole was; a second one shows it. */
void value_gap(struct value *v, uint64_t n) {
    bool again = v->torn;
    v->torn = true;
    if (!v->shown && (again || v->held_n + n > VALUE_HELD || (v->held_n >= JUDGED / 2 && begins_as_file(v))))
        show_value(v);
    if (v->shown) {
        show_gap(v, n);
    } else {
        v->judged = true;
        v->hole_at = v->held_n;
        v->hole = n;
    }
}

struct bytes value_end(struct value *v, bool whole) {
    if (!v->shown && whole && !v->torn && begins_as_file(v))
        show_value(v);
    if (v->shown)
        v->source->c->services->end(v->source->c, v->transfer, whole ? TRANSFER_DONE : TRANSFER_CUT);
    bool there = !v->shown && !v->torn && whole;
    v->shown = false;
    v->transfer = NULL;
    return bytes_of(v->held, there ? v->held_n : 0);
}
