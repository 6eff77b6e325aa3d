/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/shown.h"
#include "report/output.h"

#include <stdio.h>
#include <stdlib.h>

enum { FRAME_ROOM = 32, SEVERAL = 64 };

struct delivery {
    const struct format *format;
    const struct transport *transport;
    void *carrier;
    struct outbox *outbox;
    unsigned records;
    size_t message_max;
    uint64_t held_max;
    size_t done;             /* octets sent of the first waiting message */
    uint64_t sequence;       /* of the last message */
    uint64_t lost;           /* dropped since the last time that was told */
    uint64_t saved;          /* the sequence in the store */
    uint64_t taken, dropped; /* messages since the start */
    uint64_t test;           /* sequence of the newest test message, */
    enum report_test tested;
    bool overflowed; /* and nobody was told yet */
    bool offline, colour, finishing, reopen;
    bool kept;      /* in a store */
    char name[160]; /* for messages */
    char room[FORMAT_ROOM + FRAME_ROOM];
};

struct delivery *delivery_create(const struct output_config *config, const struct delivery_options *options,
                                 struct error *e) {
    struct delivery *d = calloc(1, sizeof *d);
    const char *rest;
    struct error why;
    if (!d) {
        error_set(e, "out of memory");
        return NULL;
    }
    d->format = format_find(bytes_text(config->format));
    d->transport = transport_find(config->to, &rest);
    d->records = config->records;
    d->offline = options->offline;
    d->held_max = options->held_max;
    d->outbox = outbox_create(options->held_max);
    snprintf(d->name, sizeof d->name, "%s:%s", config->format, config->to);
    if (!d->format || !d->transport || !d->outbox) {
        error_set(e, "output %s: unknown format or target, or no memory", d->name);
        goto failed;
    }
    d->message_max = d->transport->message_max ? d->transport->message_max : config->message_max;
    d->carrier = d->transport->open(d->transport, rest, config, &why);
    if (!d->carrier) {
        error_set(e, "output %s: %s", d->name, why.text);
        goto failed;
    }
    d->colour = d->transport->terminal && d->transport->terminal(d->carrier);
    return d;
failed:
    delivery_destroy(d);
    return NULL;
}

void delivery_destroy(struct delivery *d) {
    if (!d)
        return;
    if (d->carrier)
        d->transport->close(d->carrier);
    outbox_destroy(d->outbox);
    free(d);
}

/* A file or pipe of an offline run is lossless: its reader sets the pace. */
static void wait_for_room(struct delivery *d, size_t more) {
    struct pollfd fd;
    struct bytes frame;
    while (d->offline && d->transport->people && outbox_next(d->outbox, &frame) &&
           outbox_full(d->outbox, more)) {
        if (d->transport->poll(d->carrier, &fd))
            poll(&fd, 1, 1000);
        else
            poll(NULL, 0, 100);
        delivery_pump(d);
    }
}

static enum outbox_rank rank_of(const struct event *e) {
    static const enum outbox_rank ranks[INCIDENT_STATES] = {[INCIDENT_OPENED] = OUTBOX_OPENING,
                                                            [INCIDENT_CHANGED] = OUTBOX_OPENING,
                                                            [INCIDENT_GROWN] = OUTBOX_UPDATE,
                                                            [INCIDENT_CLOSED] = OUTBOX_END};
    if (e->incident)
        return (enum outbox_rank)(ranks[e->incident->state] + OUTBOX_STANDING * e->incident->standing);
    if (e->kind == REPORT_DIGEST || e->urgent)
        return OUTBOX_HIGHEST;
    return OUTBOX_RECORD;
}

/* A message of this output that is not held any more has left in this way. */
static void settle_test(struct delivery *d, enum report_test fate) {
    uint64_t end;
    if (d->tested == REPORT_TEST_UNDER_WAY && !outbox_holds(d->outbox, d->test, &end))
        d->tested = fate;
}

static void hold_message(struct delivery *d, const struct event *e, struct bytes frame) {
    wait_for_room(d, frame.n);
    uint64_t dropped = outbox_put(d->outbox, e->sequence, rank_of(e), frame, d->done > 0);
    d->overflowed |= dropped && d->lost == 0;
    if (dropped && d->lost == 0)
        log_warning("output %s: too much is held for it, messages are dropped, those about partners last",
                    d->name);
    d->lost += dropped;
    d->dropped += dropped;
    if (e->sequence == d->test)
        d->tested = REPORT_TEST_UNDER_WAY;
    if (dropped)
        settle_test(d, REPORT_TEST_LOST);
    counter_add(COUNTER_MESSAGES_LOST, dropped);
}

/* The event as it travels, in the delivery's room; empty: it fits no message. */
static struct bytes frame_event(struct delivery *d, const struct event *e, bool *shortened) {
    bool counted = d->transport->framing == FRAMING_STREAM && d->format->octet_counting;
    char *message = d->room + FRAME_ROOM - 1; /* a byte stays behind it for the newline */
    size_t limit = d->message_max < FORMAT_ROOM ? d->message_max : FORMAT_ROOM;
    size_t n = format_event(d->format, e, message, limit, shortened);
    if (n == 0)
        return bytes_of(NULL, 0);
    if (counted) {
        char count[24];
        size_t digits = (size_t)snprintf(count, sizeof count, "%zu ", n);
        message -= digits;
        memcpy(message, count, digits);
        n += digits;
    } else if (d->transport->framing != FRAMING_NONE) {
        message[n++] = '\n';
    }
    return bytes_of(message, n);
}

/* Transfers and flows go out whole, to the operator's own log; the store keeps no plate of them. */
static void cover_in_store(struct delivery *d, const struct event *e) {
    bool shortened;
    if (!d->kept || !e->record || !(e->kind & (REPORT_TRANSFER | REPORT_FLOW)))
        return;
    struct record *covered = malloc(e->record->size);
    if (covered) {
        struct event stored = *e;
        memcpy(covered, e->record, e->record->size);
        shown_cover(covered);
        stored.record = covered;
        if (memcmp(covered, e->record, e->record->size) != 0)
            outbox_put_covered(d->outbox, e->sequence, frame_event(d, &stored, &shortened));
    } else {
        outbox_put_covered(d->outbox, e->sequence, bytes_of(NULL, 0));
    }
    free(covered);
}

static void put_event(struct delivery *d, const struct event *e) {
    struct event mine = *e;
    bool shortened;
    mine.sequence = ++d->sequence;
    mine.colour = d->colour;
    mine.syslog = !d->transport->people;
    struct bytes frame = frame_event(d, &mine, &shortened);
    counter_one(frame.n ? COUNTER_MESSAGES : COUNTER_MESSAGES_UNFIT);
    if (frame.n == 0)
        return;
    if (shortened)
        counter_one(COUNTER_MESSAGES_SHORTENED);
    hold_message(d, &mine, frame);
    cover_in_store(d, &mine);
    if (!d->transport->send_several || outbox_count(d->outbox) >= SEVERAL)
        delivery_pump(d);
}

/* Who takes alerts is told what the sensor says of itself too: a part that was not seen is no peace. */
void delivery_put(struct delivery *d, const struct event *e) {
    unsigned kinds = e->kind | (e->urgent || event_is_notice(e) ? (unsigned)REPORT_ALERT : 0);
    if (!(d->records & kinds) && !e->test)
        return;
    if (e->test) {
        d->test = d->sequence + 1;
        d->tested = REPORT_TEST_LOST; /* unless it fits */
    }
    put_event(d, e);
}

static void count_delivered(struct delivery *d, uint64_t messages) {
    d->taken += messages;
    if (messages)
        settle_test(d, REPORT_TEST_ARRIVED);
    counter_add(COUNTER_MESSAGES_DELIVERED, messages);
    if (messages && d->lost) {
        log_warning("output %s: takes messages again, %llu were dropped", d->name,
                    (unsigned long long)d->lost);
        d->lost = 0;
    }
}

static void take_answers(struct delivery *d) {
    uint64_t number;
    bool refused;
    while (d->transport->answered && d->transport->answered(d->carrier, &number, &refused)) {
        if (!refused) {
            count_delivered(d, outbox_answered(d->outbox, number));
        } else if (outbox_refused(d->outbox, number)) {
            counter_one(COUNTER_MESSAGES_REFUSED);
            settle_test(d, REPORT_TEST_LOST);
            log_warning("output %s: the receiver refused a message %d times; it is given up", d->name,
                        OUTBOX_TRIES);
        }
    }
}

static void begin_again(struct delivery *d) {
    d->done = 0;
    counter_add(COUNTER_MESSAGES_REPEATED, outbox_rewind(d->outbox));
}

static void confirm_sent(struct delivery *d) {
    bool broken;
    struct bytes next;
    if (!d->transport->confirmed)
        return;
    bool patient = !d->finishing || outbox_next(d->outbox, &next);
    uint64_t octets = d->transport->confirmed(d->carrier, patient, &broken);
    count_delivered(d, outbox_confirm(d->outbox, octets));
    take_answers(d);
    if (broken)
        begin_again(d);
}

/* Between two messages, so that none is torn over two files. */
static void reopen_when_asked(struct delivery *d) {
    if (d->reopen && d->done == 0) {
        d->transport->reopen(d->carrier);
        d->reopen = false;
    }
}

/* The next message has left whole. */
static void note_sent(struct delivery *d) {
    outbox_sent(d->outbox);
    if (!d->transport->confirmed)
        count_delivered(d, outbox_confirm(d->outbox, UINT64_MAX));
}

static enum carried send_one(struct delivery *d) {
    struct bytes frame;
    outbox_next(d->outbox, &frame);
    enum carried result = d->transport->send(d->carrier, frame, &d->done);
    if (result == CARRIED) {
        d->done = 0;
        note_sent(d);
    }
    return result;
}

static enum carried send_several(struct delivery *d) {
    struct iovec frames[SEVERAL];
    size_t size[SEVERAL], n = outbox_several(d->outbox, frames, SEVERAL);
    for (size_t i = 0; i < n; i++)
        size[i] = frames[i].iov_len;
    frames[0] = (struct iovec){(uint8_t *)frames[0].iov_base + d->done, frames[0].iov_len - d->done};
    enum carried result = d->transport->send_several(d->carrier, frames, n, &d->done);
    for (size_t i = 0; i < n && d->done >= size[i]; i++) {
        d->done -= size[i];
        note_sent(d);
    }
    return result;
}

void delivery_pump(struct delivery *d) {
    struct bytes frame;
    confirm_sent(d);
    for (reopen_when_asked(d); outbox_next(d->outbox, &frame); reopen_when_asked(d)) {
        enum carried result = d->transport->send_several ? send_several(d) : send_one(d);
        if (result == CARRIED_WAIT)
            return;
        if (result == CARRIED_BROKEN) {
            begin_again(d);
            return;
        }
        if (result == CARRIED_REFUSED) {
            d->done = 0;
            counter_one(COUNTER_MESSAGES_REFUSED);
            outbox_skip(d->outbox);
            settle_test(d, REPORT_TEST_LOST);
        }
    }
}

/* A stream whose receiver confirms nothing holds what it sent for a while; a test need not wait for that. */
static enum report_test fate_of_test(const struct delivery *d) {
    uint64_t end;
    bool sent = d->tested == REPORT_TEST_UNDER_WAY && d->transport->reached &&
                outbox_holds(d->outbox, d->test, &end) && end;
    return sent && d->transport->reached(d->carrier) >= end ? REPORT_TEST_ARRIVED : d->tested;
}

void delivery_facts(struct delivery *d, struct output_facts *out) {
    uint64_t in_doubt = outbox_in_doubt(d->outbox);
    *out = (struct output_facts){.name = d->name,
                                 .queued = outbox_count(d->outbox) - in_doubt,
                                 .in_doubt = in_doubt,
                                 .delivered = d->taken,
                                 .lost = d->dropped,
                                 .sequence = d->sequence,
                                 .trouble = d->transport->trouble(d->carrier),
                                 .test = fate_of_test(d),
                                 .proof = d->transport->proof};
}

bool delivery_poll(const struct delivery *d, struct pollfd *fd) {
    return outbox_count(d->outbox) && d->transport->poll(d->carrier, fd);
}

void delivery_reopen(struct delivery *d) {
    d->reopen = d->transport->reopen != NULL;
    delivery_pump(d);
}

uint64_t delivery_finish(struct delivery *d) {
    d->finishing = true;
    delivery_pump(d);
    return outbox_count(d->outbox);
}

void delivery_tell_undelivered(const struct delivery *d) {
    uint64_t left = outbox_count(d->outbox);
    if (left)
        log_warning("output %s: %llu messages are not delivered", d->name, (unsigned long long)left);
}

/* --- the store --- */

const char *delivery_name(const struct delivery *d) {
    return d->name;
}

void delivery_rename(struct delivery *d, unsigned number) {
    size_t n = strlen(d->name);
    snprintf(d->name + n, sizeof d->name - n, " #%u", number);
}

bool delivery_overflowed(struct delivery *d) {
    bool overflowed = d->overflowed;
    d->overflowed = false;
    return overflowed;
}

uint64_t delivery_held(const struct delivery *d) {
    return outbox_count(d->outbox);
}

bool delivery_crowded(const struct delivery *d) {
    return outbox_bytes(d->outbox) > d->held_max / 2;
}

void delivery_keep(struct delivery *d, bool kept) {
    d->kept = kept;
    outbox_keep(d->outbox, kept);
}

bool delivery_save(const struct delivery *d, struct store *store) {
    const struct store_value v[] = {STORE_T(bytes_text(d->name)), STORE_N(d->sequence)};
    bool ok = outbox_save(d->outbox, d->name, store);
    return ok && (d->sequence == d->saved || store_run(store, STORE_OUTPUT_PUT, v, 2));
}

void delivery_saved(struct delivery *d) {
    d->saved = d->sequence;
    outbox_saved(d->outbox);
}

void delivery_spoil(struct delivery *d) {
    d->saved = UINT64_MAX;
    outbox_spoil(d->outbox);
}

void delivery_load_sequence(struct delivery *d, uint64_t sequence) {
    d->sequence = d->saved = sequence;
}

bool delivery_load(struct delivery *d, uint64_t number, unsigned rank, struct bytes message) {
    return outbox_load(d->outbox, number, (enum outbox_rank)rank, message);
}
