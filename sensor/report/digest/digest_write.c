/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"
#include "report/digest/digest.h"
#include "report/event/text.h"

#include <inttypes.h>
#include <stdio.h>

enum { ROWS_WHOLE = 200, ROWS_CUT = 10 };

/* --- JSON --- */

size_t digest_rows(unsigned level) {
    return level == 0 ? ROWS_WHOLE : level < ROWS_CUT ? ROWS_CUT - level : 0;
}

static void put_time(struct json_writer *j, const char *key, time_ns t) {
    char room[CLOCK_TEXT_MAX];
    json_write_text(j, key, clock_format(t, room));
}

static void put_tallies(struct json_writer *j, const struct digest_facts *f, enum digest_part part) {
    for (size_t i = 0; i < DIGEST_TALLIES; i++) {
        const struct digest_tally *t = &digest_tallies[i];
        if (t->part == part && (t->name || f->tally[i])) /* of what was not seen only what is not zero */
            json_write_number(j, t->name ? t->name : counter_key(t->counter), f->tally[i]);
    }
}

/* A list of objects; `have` of `all` are at hand. */
static void put_rows(struct json_writer *j, const char *key, const struct digest_facts *f, size_t most,
                     size_t have, size_t all,
                     void (*put)(struct json_writer *j, const struct digest_facts *f, size_t row)) {
    char left_out[32];
    size_t n = have < most ? have : most;
    json_write_array(j, key);
    for (size_t i = 0; i < n; i++) {
        json_write_object(j, NULL);
        put(j, f, i);
        json_write_object_end(j);
    }
    json_write_array_end(j);
    snprintf(left_out, sizeof left_out, "%s_left_out", key);
    if (all > n)
        json_write_number(j, left_out, all - n);
}

/* How many rows of strangers [0] and of partners [1] a list of `most` has: partners' come first where not all
 * fit. */
static void share_rows(const struct digest_facts *f, size_t most, size_t room[2]) {
    size_t partners = 0;
    for (size_t i = 0; i < f->volume_count; i++)
        partners += !verdict_is_of_many(f->volumes[i].verdict);
    room[1] = partners < most ? partners : most;
    room[0] = most - room[1];
}

static bool take_row(const struct digest_volume *v, size_t room[2]) {
    bool partner = !verdict_is_of_many(v->verdict);
    if (room[partner] == 0)
        return false;
    room[partner]--;
    return true;
}

static void put_volume(struct json_writer *j, const struct digest_facts *f, size_t row) {
    const struct digest_volume *v = &f->volumes[row];
    json_write_text(j, "network", v->network);
    json_write_text(j, "destination", v->destination);
    json_write_text(j, "verdict", verdict_name((enum verdict)v->verdict));
    json_write_number(j, "objects", v->objects);
    json_write_number(j, "bytes", v->bytes);
}

static void put_volumes(struct json_writer *j, const struct digest_facts *f, size_t most) {
    size_t room[2], n = 0;
    share_rows(f, most, room);
    json_write_array(j, "volume");
    for (size_t i = 0; i < f->volume_count; i++) {
        if (!take_row(&f->volumes[i], room))
            continue;
        json_write_object(j, NULL);
        put_volume(j, f, i);
        json_write_object_end(j);
        n++;
    }
    json_write_array_end(j);
    if (n < f->volume_count)
        json_write_number(j, "volume_left_out", f->volume_count - n);
}

static void put_contract(struct json_writer *j, const struct digest_facts *f, size_t row) {
    json_write_text(j, "partner", f->contracts[row].partner);
    json_write_text(j, "contract", f->contracts[row].contract);
    json_write_text(j, "says", f->contracts[row].says);
}

static void put_waiting(struct json_writer *j, uint64_t queued, uint64_t in_doubt) {
    json_write_number(j, "queued", queued);
    json_write_number(j, "in_doubt", in_doubt);
}

static void put_output(struct json_writer *j, const struct digest_facts *f, size_t row) {
    json_write_text(j, "name", f->outputs[row].name);
    put_waiting(j, f->outputs[row].queued, f->outputs[row].in_doubt);
}

static void put_outputs(struct json_writer *j, const struct digest_facts *f, size_t most) {
    uint64_t queued = 0, in_doubt = 0;
    for (size_t i = 0; i < f->output_count; i++) {
        queued += f->outputs[i].queued;
        in_doubt += f->outputs[i].in_doubt;
    }
    put_waiting(j, queued, in_doubt);
    put_rows(j, "outputs", f, most, f->output_count, f->output_count, put_output);
}

static size_t mutes_of(const struct digest_facts *f) {
    return f->mutes ? mutes_count(f->mutes) : 0;
}

static void put_mute(struct json_writer *j, const struct digest_facts *f, size_t row) {
    mute_write_json(j, mutes_get(f->mutes, row));
}

void digest_write_json(struct json_writer *j, const struct digest_facts *f, size_t most) {
    put_time(j, "since", f->since);
    put_time(j, "until", f->until);
    json_write_bool(j, "running", f->running);
    json_write_object(j, "incidents");
    put_tallies(j, f, DIGEST_INCIDENTS);
    json_write_number(j, "open", f->open);
    json_write_object_end(j);
    put_volumes(j, f, most);
    put_rows(j, "contracts", f, most, f->contract_count, f->contracts_in_all, put_contract);
    json_write_object(j, "unseen");
    put_tallies(j, f, DIGEST_UNSEEN);
    json_write_object_end(j);
    json_write_object(j, "alerts");
    put_tallies(j, f, DIGEST_ALERTS);
    put_outputs(j, f, most);
    json_write_object_end(j);
    put_rows(j, "mutes", f, most, mutes_of(f), mutes_of(f), put_mute);
}

/* --- for people --- */

static uint64_t tally_of(const struct digest_facts *f, enum counter which) {
    for (size_t i = 0; i < DIGEST_TALLIES; i++)
        if (digest_tallies[i].counter == which)
            return f->tally[i];
    return 0;
}

static uint64_t bytes_of_verdict(const struct digest_facts *f, bool allowed, uint64_t *objects) {
    uint64_t bytes = 0;
    *objects = 0;
    for (size_t i = 0; i < f->volume_count; i++)
        if ((f->volumes[i].verdict < VERDICT_BREACH) == allowed) {
            *objects += f->volumes[i].objects;
            bytes += f->volumes[i].bytes;
        }
    return bytes;
}

static void write_amounts(struct text *t, const struct digest_facts *f) {
    uint64_t allowed, denied, allowed_bytes = bytes_of_verdict(f, true, &allowed),
                              denied_bytes = bytes_of_verdict(f, false, &denied);
    text_print(t, "%" PRIu64 " objects (", denied);
    text_bytes(t, denied_bytes);
    text_print(t, ") left that nobody allowed, %" PRIu64 " (", allowed);
    text_bytes(t, allowed_bytes);
    text_put(t, ") that a contract allows");
}

void digest_write_sentence(struct text *t, const struct digest_facts *f) {
    char since[CLOCK_TEXT_MAX], until[CLOCK_TEXT_MAX];
    text_print(t,
               "Digest from %.16sZ to %.16sZ: %" PRIu64 " incidents opened, %" PRIu64 " closed, %" PRIu64
               " open; ",
               clock_format(f->since, since), clock_format(f->until, until),
               tally_of(f, COUNTER_INCIDENTS_OPENED), tally_of(f, COUNTER_INCIDENTS_CLOSED), f->open);
    write_amounts(t, f);
    text_print(t, "; %zu contracts to look at, %zu mutes; kernel dropped %" PRIu64 " packets",
               f->contracts_in_all, mutes_of(f), tally_of(f, COUNTER_KERNEL_DROPS));
}

static void write_rest(struct text *t, size_t all, size_t shown) {
    if (all > shown)
        text_print(t, "    and %zu more\n", all - shown);
}

static void write_volumes(struct text *t, const struct digest_facts *f) {
    size_t n = f->volume_count < ROWS_WHOLE ? f->volume_count : ROWS_WHOLE, room[2];
    share_rows(f, ROWS_WHOLE, room);
    text_put(t, "\n  what left\n");
    if (n == 0)
        text_put(t, "    nothing\n");
    for (size_t i = 0; i < f->volume_count; i++) {
        const struct digest_volume *v = &f->volumes[i];
        if (!take_row(v, room))
            continue;
        text_print(t, "    %-10s %9" PRIu64 " objects  ", verdict_name((enum verdict)v->verdict), v->objects);
        text_bytes(t, v->bytes);
        text_put(t, "  ");
        text_safe(t, bytes_text(v->network), 64, "");
        text_put(t, " -> ");
        text_safe(t, bytes_text(v->destination), 128, "");
        text_put(t, "\n");
    }
    write_rest(t, f->volume_count, n);
}

static void write_unseen(struct text *t, const struct digest_facts *f) {
    bool any = false;
    text_put(t, "  what was not seen\n");
    for (size_t i = 0; i < DIGEST_TALLIES; i++) {
        if (digest_tallies[i].part != DIGEST_UNSEEN || f->tally[i] == 0)
            continue;
        text_print(t, "    %14" PRIu64 "  %s\n", f->tally[i], counter_help(digest_tallies[i].counter));
        any = true;
    }
    if (!any)
        text_put(t, "    nothing that the sensor knows of\n");
}

static void write_contracts(struct text *t, const struct digest_facts *f) {
    for (size_t i = 0; i < f->contract_count; i++) {
        const struct digest_contract *c = &f->contracts[i];
        text_put(t, i ? "    " : "  contracts\n    ");
        text_safe(t, bytes_text(c->partner), 64, "");
        text_put(t, c->contract ? ", contract " : "");
        text_safe(t, bytes_text(c->contract), 64, "");
        text_print(t, ": %s\n", c->says);
    }
    write_rest(t, f->contracts_in_all, f->contract_count);
}

static void write_alerts(struct text *t, const struct digest_facts *f) {
    text_put(t, "  messages\n    ");
    for (size_t i = 0; i < DIGEST_TALLIES; i++)
        if (digest_tallies[i].part == DIGEST_ALERTS && f->tally[i])
            text_print(t, "%" PRIu64 " %s, ", f->tally[i],
                       digest_tallies[i].counter == COUNTER_ALERTS_HELD ? "held back"
                                                                        : digest_tallies[i].name);
    text_print(t, "%zu outputs\n", f->output_count);
    for (size_t i = 0; i < f->output_count; i++)
        if (f->outputs[i].queued || f->outputs[i].in_doubt)
            text_print(t, "    %.160s: %" PRIu64 " queued, %" PRIu64 " in doubt\n", f->outputs[i].name,
                       f->outputs[i].queued, f->outputs[i].in_doubt);
}

static void write_mutes(struct text *t, const struct digest_facts *f) {
    char until[CLOCK_TEXT_MAX];
    for (size_t i = 0; i < mutes_of(f); i++) {
        const struct mute *m = mutes_get(f->mutes, i);
        text_put(t, i ? "    " : "  mutes\n    ");
        text_safe(t, bytes_text(m->class), 64, "");
        text_put(t, " to ");
        text_safe(t, bytes_text(m->destination), 128, "");
        text_print(t, " until %.16sZ, %" PRIu64 " alerts hidden: ", clock_format(m->until, until), m->hidden);
        text_safe(t, bytes_text(m->reason), 128, "");
        text_put(t, "\n");
    }
}

void digest_write_table(struct text *t, const struct digest_facts *f) {
    char since[CLOCK_TEXT_MAX], until[CLOCK_TEXT_MAX];
    text_print(t, "DIGEST  %.16sZ to %.16sZ\n  incidents\n    ", clock_format(f->since, since),
               clock_format(f->until, until));
    for (size_t i = 0; i < DIGEST_TALLIES; i++)
        if (digest_tallies[i].part == DIGEST_INCIDENTS)
            text_print(t, "%" PRIu64 " %s, ", f->tally[i],
                       digest_tallies[i].counter == COUNTER_LEDGER_ALARMS ? "of the ledger"
                                                                          : digest_tallies[i].name);
    text_print(t, "%" PRIu64 " open", f->open);
    write_volumes(t, f);
    write_contracts(t, f);
    write_unseen(t, f);
    write_alerts(t, f);
    write_mutes(t, f);
}
