/* SPDX-License-Identifier: Apache-2.0 */
#include "report/quota/quota_account.h"

#include "base/hash.h"
#include "policy/term.h"
#include "report/event/telling.h"
#include "report/event/text.h"

#include <stdlib.h>

enum { MOVING_MAX = 1 << 14, NAME_ROOM = 128, BYTES_SHIFT = 8, SEVERITY_BITS = 4, VOLUME_SEVERITY = 6 };

static const struct seen_table moving_table = {
    .put = STORE_CONTRACT_OBJECT_PUT, .drop = STORE_CONTRACT_OBJECT_DROP, .each = STORE_CONTRACT_OBJECT_EACH};

/* --- life --- */

static int by_contract(const void *a, const void *b) {
    const struct contract *x = ((const struct account *)a)->contract,
                          *y = ((const struct account *)b)->contract;
    return (x > y) - (x < y);
}

static size_t count_contracts(const struct policy *p) {
    size_t n = 0;
    for (uint32_t i = 0; p && i < policy_receivers(p); i++)
        n += policy_receiver(p, i)->contract_count;
    return n;
}

static void open_accounts(struct quotas *q) {
    static const struct hash_key plain;
    for (uint32_t i = 0; q->policy && i < policy_receivers(q->policy); i++) {
        const struct partner *p = policy_receiver(q->policy, i);
        for (size_t k = 0; k < p->contract_count; k++) {
            const struct contract *c = &p->contracts[k];
            q->accounts[q->count++] = (struct account){.partner = p,
                                                       .contract = c,
                                                       .reader = i >= policy_partners(q->policy),
                                                       .key = hash_bytes(&plain, c->id, strlen(c->id)) >> 1};
        }
    }
    if (q->count)
        qsort(q->accounts, q->count, sizeof *q->accounts, by_contract);
}

size_t quotas_bytes(void) {
    return seen_bytes(MOVING_MAX);
}

struct quotas *quotas_create(const struct policy *policy) {
    struct quotas *q = calloc(1, sizeof *q + ring_record_max());
    if (!q)
        return NULL;
    q->policy = policy;
    q->accounts = calloc(count_contracts(policy) + 1, sizeof *q->accounts);
    q->seen = seen_create(MOVING_MAX, &moving_table);
    if (!q->accounts || !q->seen) {
        quotas_destroy(q);
        return NULL;
    }
    open_accounts(q);
    return q;
}

void quotas_destroy(struct quotas *q) {
    if (!q)
        return;
    seen_destroy(q->seen);
    for (size_t i = 0; i < q->count; i++)
        free(q->accounts[i].newest);
    free(q->accounts);
    free(q);
}

static struct account *find_account(const struct quotas *q, const struct contract *c) {
    const struct account key = {.contract = c};
    return q->count ? bsearch(&key, q->accounts, q->count, sizeof key, by_contract) : NULL;
}

/* --- days and months --- */

static int32_t span_index(const struct account *a, enum quota_span span, time_ns t) {
    const struct zone *zone = contract_zone(a->contract);
    return span == SPAN_DAY ? hours_day(zone, t) : hours_month(zone, t);
}

static const struct slot *find_slot(const struct account *a, enum quota_span span, int32_t index) {
    for (int i = 0; i < SLOTS; i++)
        if (a->slots[span][i].used && a->slots[span][i].index == index)
            return &a->slots[span][i];
    return NULL;
}

static struct contract_amount amount_of(const struct account *a, enum quota_span span, time_ns t) {
    const struct slot *s = find_slot(a, span, span_index(a, span, t));
    return s ? s->amount : (struct contract_amount){0};
}

/* A new day or month takes an empty slot, or that of the one farthest away. */
static struct slot *take_slot(struct account *a, enum quota_span span, int32_t index) {
    struct slot *best = (struct slot *)find_slot(a, span, index);
    for (int i = 0; i < SLOTS && !best; i++)
        if (!a->slots[span][i].used)
            best = &a->slots[span][i];
    if (!best) {
        best = &a->slots[span][0];
        for (int i = 1; i < SLOTS; i++)
            if (llabs((long long)a->slots[span][i].index - index) > llabs((long long)best->index - index))
                best = &a->slots[span][i];
    }
    if (!best->used || best->index != index)
        *best = (struct slot){.index = index, .used = true};
    best->changed = true;
    return best;
}

/* --- moving objects --- */

/* The four limits are neighbours among the terms, so their bits pack as they are. */
struct moving moving_read(uint64_t packed) {
    return (struct moving){.bytes = packed >> BYTES_SHIFT,
                           .severity = packed & ((1u << SEVERITY_BITS) - 1),
                           .broken = (unsigned)(packed >> SEVERITY_BITS & 0xf) << TERM_DAY_OBJECTS};
}

uint64_t moving_pack(struct moving m) {
    return m.bytes << BYTES_SHIFT | (uint64_t)(m.broken >> TERM_DAY_OBJECTS & 0xf) << SEVERITY_BITS |
           (m.severity & 0xf);
}

/* --- one record --- */

/* What a record brings to whichever contract takes it. */
struct delivery_of {
    struct quotas *q;
    const struct record *record;
    bool classified;  /* a rule gave it a class: it is an object of its own */
    uint64_t telling; /* telling_of() that class */
};

static struct seen_key key_of(const struct account *a, const struct record *r) {
    return (struct seen_key){a->key, r->object, r->worker};
}

/* Objects of the record that were not counted yet, and bytes. */
static struct contract_amount count_news(const struct delivery_of *d, const struct moving *m) {
    if (d->record->kind == RECORD_VOLUME) /* a sum of what is new */
        return (struct contract_amount){.bytes = d->record->bytes};
    const uint64_t most = UINT64_MAX >> BYTES_SHIFT; /* a worker may say anything */
    uint64_t bytes = d->record->container ? 0 : d->record->bytes < most ? d->record->bytes : most;
    return (struct contract_amount){.objects = d->classified && !m,
                                    .bytes = m && m->bytes >= bytes ? 0 : bytes - (m ? m->bytes : 0)};
}

static unsigned find_broken(struct contract_amount now, struct contract_amount more,
                            struct contract_amount limit, enum contract_term objects,
                            enum contract_term bytes) {
    return (more.objects && limit.objects && now.objects > limit.objects ? TERM_BIT(objects) : 0) |
           (more.bytes && limit.bytes && now.bytes > limit.bytes ? TERM_BIT(bytes) : 0);
}

static void add_amount(struct contract_amount *to, struct contract_amount more) {
    to->objects += more.objects;
    if (__builtin_add_overflow(to->bytes, more.bytes, &to->bytes))
        to->bytes = UINT64_MAX;
}

static void add_others(const struct account *a, enum quota_span span, time_ns t, struct contract_amount *to) {
    const struct slot *others = &a->others[span];
    if (others->used && others->index == span_index(a, span, t))
        add_amount(to, others->amount);
}

/* Of all sensors. */
static struct contract_amount sum_of(const struct account *a, enum quota_span span, time_ns t) {
    struct contract_amount sum = amount_of(a, span, t);
    add_others(a, span, t, &sum);
    return sum;
}

/* What would have been received with it; a judgement's `use`. */
static void peek_use(void *context, const struct contract *c, struct contract_use *out) {
    const struct delivery_of *d = context;
    const struct account *a = find_account(d->q, c);
    const struct seen_value *known =
        a ? seen_find(d->q->seen, &(struct seen_key){a->key, d->record->object, d->record->worker}) : NULL;
    struct moving m = moving_read(known ? known->bytes : 0);
    if (!a)
        return;
    struct contract_amount more = count_news(d, known ? &m : NULL);
    out->day = sum_of(a, SPAN_DAY, d->record->time);
    out->month = sum_of(a, SPAN_MONTH, d->record->time);
    add_amount(&out->day, more);
    add_amount(&out->month, more);
    out->broken = m.broken | find_broken(out->day, more, c->day, TERM_DAY_OBJECTS, TERM_DAY_BYTES) |
                  find_broken(out->month, more, c->month, TERM_MONTH_OBJECTS, TERM_MONTH_BYTES);
}

static void take_back(struct account *a, struct moving m, time_ns t) {
    for (enum quota_span span = 0; span < SPAN_COUNT; span++) {
        struct contract_amount *of = &take_slot(a, span, span_index(a, span, t))->amount;
        of->objects -= of->objects > 0;
        of->bytes -= of->bytes < m.bytes ? of->bytes : m.bytes;
    }
    a->all.objects -= a->all.objects > 0;
    a->all.bytes -= a->all.bytes < m.bytes ? a->all.bytes : m.bytes;
    a->changed = true;
}

/* An object is received under one contract, that of the class which says most of it. False: it stays under
 * another one. */
static bool takes_over(const struct delivery_of *d, const struct account *a) {
    for (size_t i = 0; i < a->partner->contract_count; i++) {
        struct account *other = find_account(d->q, &a->partner->contracts[i]);
        struct seen_key key = key_of(other, d->record);
        const struct seen_value *known = other == a ? NULL : seen_find(d->q->seen, &key);
        if (!known)
            continue;
        if (d->telling <= known->telling)
            return false;
        take_back(other, moving_read(known->bytes), d->record->time);
        seen_drop(d->q->seen, &key);
    }
    return true;
}

static void keep_newest(struct account *a, const struct record *r, unsigned severity) {
    const struct contract_amount *day = &a->contract->day, *month = &a->contract->month;
    if (!day->objects && !day->bytes && !month->objects && !month->bytes)
        return;
    struct record *room = realloc(a->newest, r->size);
    if (!room)
        return; /* the one before stays */
    a->newest = memcpy(room, r, r->size);
    if (a->newest->severity < severity)
        a->newest->severity = (uint8_t)severity;
}

/* Counts it under the contract; the limits that it is over. */
static struct moving charge_account(const struct delivery_of *d, struct account *a, unsigned broken) {
    const struct record *r = d->record;
    struct seen_key key = key_of(a, r);
    bool is_new = true, forgot = false;
    struct seen_value *known =
        r->kind == RECORD_VOLUME ? NULL : seen_note(d->q->seen, &key, &is_new, &forgot);
    struct moving m = moving_read(known ? known->bytes : 0);
    struct contract_amount more = count_news(d, is_new ? NULL : &m);
    if (forgot)
        counter_one(COUNTER_OBJECTS_FORGOTTEN);
    add_amount(&take_slot(a, SPAN_DAY, span_index(a, SPAN_DAY, r->time))->amount, more);
    add_amount(&take_slot(a, SPAN_MONTH, span_index(a, SPAN_MONTH, r->time))->amount, more);
    add_amount(&a->all, more);
    a->first = a->first && a->first < r->time ? a->first : r->time;
    a->last = r->time > a->last ? r->time : a->last;
    a->changed = true;
    m.bytes += more.bytes;
    m.broken |= broken & TERM_LIMITS;
    m.severity = r->severity > m.severity ? r->severity : m.severity;
    if (known) {
        known->bytes = moving_pack(m);
        known->telling = d->telling > known->telling ? d->telling : known->telling;
    }
    if (d->q->shared)
        keep_newest(a, r, m.severity);
    return m;
}

/* The object has ended: nothing more comes of it under any contract. */
static void forget_object(struct quotas *q, const struct record *r) {
    const struct judgement_facts facts = {
        .destination = r->destination, .target = record_text_of(r, TEXT_TARGET), .time = r->time};
    struct judgement j;
    policy_judge(q->policy, &facts, &j);
    const struct partner *p = j.partner;
    for (size_t i = 0; p && i < p->contract_count; i++) {
        struct seen_key key = key_of(find_account(q, &p->contracts[i]), r);
        seen_drop(q->seen, &key);
    }
}

static const char *text_or_null(const struct record *r, enum record_text which, char room[NAME_ROOM]) {
    struct bytes text = record_text_of(r, which);
    size_t n = text.n < NAME_ROOM ? text.n : NAME_ROOM - 1;
    if (n)
        memcpy(room, text.p, n);
    room[n] = '\0';
    return n ? room : NULL;
}

/* Judges one class of the record (NULL: it has none) and counts it. The worker has judged the name that the
 * client used; here the addresses decide, since it is their owner who receives it. */
static struct moving judge_class(struct quotas *q, const struct record *r, const char *class,
                                 uint64_t telling, struct judgement *out) {
    char protocol[NAME_ROOM];
    struct delivery_of d = {q, r, class != NULL, telling};
    const struct judgement_facts facts = {.source = r->source,
                                          .destination = r->destination,
                                          .target = record_text_of(r, TEXT_TARGET),
                                          .class = class,
                                          .protocol = text_or_null(r, TEXT_PROTOCOL, protocol),
                                          .time = r->time,
                                          .use = peek_use,
                                          .context = &d};
    policy_judge(q->policy, &facts, out);
    struct account *a =
        (out->verdict <= VERDICT_BREACH || out->verdict == VERDICT_READER_BREACH) && out->contract
            ? find_account(q, out->contract)
            : NULL;
    bool charged = a && (r->kind == RECORD_VOLUME || takes_over(&d, a));
    return charged ? charge_account(&d, a, out->terms) : (struct moving){0};
}

/* --- records with another verdict --- */

/* May the judgement speak for the record? Not over a worse verdict of the worker's, nor one about somebody
 * else. */
static bool speaks_for(const struct record *r, const struct judgement *j) {
    return (j->terms & TERM_LIMITS) &&
           (r->verdict < VERDICT_BREACH ||
            ((r->verdict == VERDICT_BREACH || r->verdict == VERDICT_READER_BREACH) &&
             bytes_equal(record_text_of(r, TEXT_CONTRACT), bytes_text(j->contract->id))));
}

/* Is the sum more than this sensor saw? */
static bool is_of_several(const struct account *a, unsigned terms, time_ns t) {
    for (enum quota_span span = 0; span < SPAN_COUNT; span++) {
        const struct slot *o = &a->others[span];
        unsigned limits = span == SPAN_DAY ? TERM_OF_DAY : TERM_LIMITS & ~(unsigned)TERM_OF_DAY;
        if (terms & limits && o->used && o->index == span_index(a, span, t) &&
            (o->amount.objects || o->amount.bytes))
            return true;
    }
    return false;
}

static void put_judgement(const struct quotas *q, struct record_builder *b, struct judgement *j) {
    if (is_of_several(find_account(q, j->contract), j->terms, b->head.time))
        term_say(j->reason, "; seen by several sensors together");
    b->head.verdict = (uint8_t)j->verdict;
    record_text(b, TEXT_CONTRACT, bytes_text(j->contract->id));
    record_text(b, TEXT_REASON, bytes_text(j->reason));
    record_text(b, TEXT_TERM, bytes_of(NULL, 0));
    for (unsigned i = 0; i < TERM_COUNT; i++)
        if (j->terms & TERM_BIT(i))
            record_text_add(b, TEXT_TERM, term_name((enum contract_term)i));
}

/* Nothing was found in it, and yet there is too much of it. */
static void put_own_rule(struct record_builder *b) {
    b->head.severity = VOLUME_SEVERITY;
    record_text(b, TEXT_RULE_ID, bytes_text(QUOTA_CLASS));
    record_text(b, TEXT_RULE_NAME, bytes_text("More than the contract allows"));
    record_text(b, TEXT_RULES, bytes_text(QUOTA_CLASS));
    record_text(b, TEXT_CLASS, bytes_text(QUOTA_CLASS));
    record_text(b, TEXT_CLASSES, bytes_text(QUOTA_CLASS));
    record_text(b, TEXT_OFFENDING, bytes_text(QUOTA_CLASS));
}

/* Runs over lines; false at the end. */
static bool next_line(struct bytes *rest, char out[NAME_ROOM]) {
    struct bytes line;
    if (!list_next(rest, &line))
        return false;
    size_t kept = line.n < NAME_ROOM ? line.n : NAME_ROOM - 1;
    memcpy(out, line.p, kept);
    out[kept] = '\0';
    return true;
}

/* Each class of it; whether any of them is over a limit, and then the first such judgement. */
static bool judge_classes(struct quotas *q, const struct record *r, struct bytes classes,
                          struct judgement *first) {
    char class[NAME_ROOM];
    struct judgement j;
    bool found = false;
    uint64_t telling = 0;
    while (next_line(&classes, class)) { /* the most telling is the first */
        telling = telling ? 1 : telling_of(r->severity, bytes_text(class));
        struct moving m = judge_class(q, r, class, telling, &j);
        if (!speaks_for(r, &j))
            continue;
        if (!found) {
            *first = j;
            record_copy(&q->builder, r);
        }
        found = true;
        if (r->kind == RECORD_FINDING)
            continue;
        if (q->builder.head.severity < m.severity) /* its findings have one, it has none */
            q->builder.head.severity = (uint8_t)m.severity;
        if (!list_has(record_text_of(r, TEXT_OFFENDING), bytes_text(class)))
            record_text_add(&q->builder, TEXT_OFFENDING, class);
    }
    return found;
}

static const struct record *pack_judgement(struct quotas *q, struct judgement *j, uint64_t id) {
    put_judgement(q, &q->builder, j);
    record_pack(&q->builder, id, q->changed);
    return (const struct record *)(const void *)q->changed;
}

/* NULL: the record stays as it is. */
static const struct record *change_record(struct quotas *q, const struct record *r) {
    struct judgement j;
    struct bytes classes = record_text_of(r, r->kind == RECORD_FINDING ? TEXT_CLASS : TEXT_CLASSES);
    if (classes.n) {
        if (!judge_classes(q, r, classes, &j))
            return NULL;
    } else {
        judge_class(q, r, NULL, 0, &j);
        if (!speaks_for(r, &j))
            return NULL;
        record_copy(&q->builder, r);
        put_own_rule(&q->builder);
    }
    return pack_judgement(q, &j, r->id);
}

const struct record *quotas_record(struct quotas *q, const struct record *r) {
    bool brings = r->kind == RECORD_FINDING || r->kind == RECORD_TRANSFER || r->kind == RECORD_VOLUME;
    if (q->count == 0 || !r->matters || !r->partner_known || !brings)
        return r;
    if (!q->since) {
        q->since = r->time;
        q->since_changed = true;
    }
    const struct record *changed = change_record(q, r);
    if (r->kind == RECORD_TRANSFER)
        forget_object(q, r);
    return changed ? changed : r;
}

/* --- several sensors --- */

size_t quotas_count(const struct quotas *q) {
    return q->count;
}

time_ns quotas_since(const struct quotas *q) {
    return q->since;
}

bool quotas_amount(const struct quotas *q, size_t which, bool month, time_ns now, struct quota_amount *out) {
    const struct account *a = which < q->count ? &q->accounts[which] : NULL;
    enum quota_span span = month ? SPAN_MONTH : SPAN_DAY;
    const struct contract_amount *limit = !a ? NULL : month ? &a->contract->month : &a->contract->day;
    if (!limit || (!limit->objects && !limit->bytes))
        return false;
    *out = (struct quota_amount){a->contract, span_index(a, span, now), amount_of(a, span, now)};
    return true;
}

void quotas_put_others(struct quotas *q, size_t which, bool month, const struct quota_amount *others) {
    if (which < q->count)
        q->accounts[which].others[month ? SPAN_MONTH : SPAN_DAY] =
            (struct slot){.index = others->index, .used = true, .amount = others->amount};
}

void quotas_share(struct quotas *q) {
    q->shared = true;
}

static unsigned count_tenfold(uint64_t amount, uint64_t limit) {
    unsigned n = 0;
    if (limit && amount > limit)
        for (n = 1; amount / 10 >= limit; amount /= 10)
            n++;
    return n;
}

unsigned quotas_tenfold(const struct quotas *q, size_t which, bool month, time_ns now) {
    const struct account *a = &q->accounts[which];
    struct contract_amount sum = sum_of(a, month ? SPAN_MONTH : SPAN_DAY, now);
    const struct contract_amount *limit = month ? &a->contract->month : &a->contract->day;
    unsigned objects = count_tenfold(sum.objects, limit->objects),
             bytes = count_tenfold(sum.bytes, limit->bytes);
    return objects > bytes ? objects : bytes;
}

/* All its classes, where it has some: each may go there only within the limits. */
static void put_offending(struct quotas *q, const struct record *r) {
    struct bytes classes = record_text_of(r, TEXT_CLASSES);
    char class[NAME_ROOM];
    if (r->kind == RECORD_FINDING)
        return;
    if (!classes.n)
        put_own_rule(&q->builder);
    while (next_line(&classes, class))
        if (!list_has(record_text_of(r, TEXT_OFFENDING), bytes_text(class)))
            record_text_add(&q->builder, TEXT_OFFENDING, class);
}

const struct record *quotas_over(struct quotas *q, size_t which, bool month, time_ns now) {
    static const struct contract_amount any = {1, 1};
    const struct account *a = &q->accounts[which];
    const struct contract *c = a->contract;
    enum quota_span span = month ? SPAN_MONTH : SPAN_DAY;
    const struct record *r = a->newest;
    if (!r || span_index(a, span, r->time) != span_index(a, span, now))
        return NULL;
    struct contract_use use = {.day = sum_of(a, SPAN_DAY, r->time), .month = sum_of(a, SPAN_MONTH, r->time)};
    struct judgement j = {.verdict = a->reader ? VERDICT_READER_BREACH : VERDICT_BREACH, .contract = c};
    j.terms = month ? find_broken(use.month, any, c->month, TERM_MONTH_OBJECTS, TERM_MONTH_BYTES)
                    : find_broken(use.day, any, c->day, TERM_DAY_OBJECTS, TERM_DAY_BYTES);
    if (!j.terms)
        return NULL;
    term_explain(&(struct term_facts){.contract = c, .use = &use}, j.terms, j.reason);
    record_copy(&q->builder, r);
    put_offending(q, r);
    return pack_judgement(q, &j, r->id);
}

/* --- asking --- */

time_ns quotas_each(const struct quotas *q, time_ns now,
                    void (*line)(void *context, const struct quota_line *l), void *context) {
    for (size_t i = 0; i < q->count; i++) {
        const struct account *a = &q->accounts[i];
        const struct quota_line l = {.partner = a->partner,
                                     .contract = a->contract,
                                     .day = amount_of(a, SPAN_DAY, now),
                                     .month = amount_of(a, SPAN_MONTH, now),
                                     .all = a->all,
                                     .first = a->first,
                                     .last = a->last};
        line(context, &l);
    }
    return q->since;
}
