/* SPDX-License-Identifier: Apache-2.0 */
#include "../plain.h"
#include "fleets.h"
#include "report/fleet/engine.h"
#include "report/fleet/place.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_ROOM = 2048 + 32, LINES_MAX = 20000, WEEKS = 8, TEXT_MAX = 64 << 10, SENSOR_DIGITS = 16 };
static const time_ns patience_ns = 15 * NS_PER_S, day_ns = 86400 * NS_PER_S;
static const char digits[] = "0123456789abcdef";

enum window { WINDOW_DAY, WINDOW_WEEK, WINDOW_PERIOD, WINDOWS };
static const char *const window_keys[WINDOWS] = {"day", "week", "period"};

struct line {
    struct gather *g;
    char name[SECRET_NAME_MAX];
    char key[KEY_ROOM]; /* network, destination and class as texts behind one another */
    const char *part[3];
    bool wanted;
    struct share_amount sum[WINDOWS];
    unsigned denied_days;
    uint64_t plates, images;
    json_t *shares; /* by the sensor's digest */
};

struct gather {
    const struct fleet_question *question;
    struct engine *engine;
    time_ns now;
    uint64_t answered;
    json_t *sensors, *names; /* names: {"digest of a sensor": "its name"} */
    struct line **line;
    size_t lines, room;
    bool cut;
};

/* --- sending and waiting --- */

static bool send_words(struct gather *g, const char *const *words, engine_answer *answer, void *subject) {
    struct engine_command c = {.count = 0};
    for (; *words; words++)
        engine_word(&c, bytes_text(*words));
    return engine_send(g->engine, &c, answer, g, subject);
}
#define SEND(g, answer, subject, ...) send_words(g, (const char *const[]){__VA_ARGS__, NULL}, answer, subject)

static void wait_once(struct gather *g) {
    struct pollfd fds[ENGINE_NODES_MAX];
    poll(fds, engine_poll(g->engine, fds, ENGINE_NODES_MAX), 20);
    engine_pump(g->engine);
}

static bool complain(const struct gather *g, const char *why) {
    fputs("gantryctl: the fleet's engine at ", stderr);
    plain_print(stderr, g->question->options->to.items[0]);
    fprintf(stderr, " does not answer: ");
    plain_print(stderr, why ? why : "it takes too long");
    fputs("; look after it, or after fleet in the configuration\n", stderr);
    return false;
}

/* True: all is answered. */
static bool wait_all(struct gather *g) {
    uint64_t answered = g->answered;
    time_ns since = clock_monotonic();
    while (!engine_idle(g->engine)) {
        wait_once(g);
        if (answered != g->answered)
            since = clock_monotonic();
        answered = g->answered;
        if (clock_monotonic() - since > patience_ns)
            return complain(g, engine_trouble(g->engine));
    }
    return true;
}

static bool wait_room(struct gather *g) {
    return engine_has_room(g->engine) || wait_all(g);
}

/* --- sensors --- */

/* What is to be shown of it, made of what it said. */
static void complete_sensor(const struct gather *g, json_t *sensor, double said) {
    char text[512] = "";
    size_t i, n = 0;
    json_t *warning, *configuration = json_object_get(sensor, "configuration");
    const char *digest = json_string_value(json_object_get(configuration, "digest")),
               *rules = json_string_value(json_object_get(configuration, "rules"));
    json_object_set_new(sensor, "heard", json_integer((json_int_t)((double)g->now / NS_PER_S - said)));
    json_array_foreach(json_object_get(sensor, "warnings"), i, warning) {
        int more = snprintf(text + n, sizeof text - n, "%s%s", n ? ", " : "", json_string_value(warning));
        n = more > 0 && n + (size_t)more < sizeof text ? n + (size_t)more : n;
    }
    json_object_set_new(sensor, "warned", json_string(text[0] ? text : "-"));
    if (digest && strlen(digest) >= 8)
        json_object_set_new(configuration, "short", json_stringn(digest, 8));
    if (rules && strlen(rules) >= 8)
        json_object_set_new(configuration, "rules_short", json_stringn(rules, 8));
}

static void take_sensor(struct gather *g, const redisReply *field, const redisReply *value) {
    char place[PLACE_MAX], where[PLACE_MAX + SECRET_SENSOR_MAX];
    static uint8_t text[TEXT_MAX];
    size_t n;
    if (!reply_is_text(field) || !reply_is_text(value) || field->len != SENSOR_DIGITS ||
        value->len > TEXT_MAX)
        return;
    place_of_sensors(g->question->options, place);
    snprintf(where, sizeof where, "%s %.16s", place, field->str);
    if (!secret_open(&g->question->options->secret, bytes_text(where), reply_bytes(value), text, &n)) {
        fputs("gantryctl: the engine holds a sensor's word that was not written with this key; it is left "
              "out\n",
              stderr);
        return;
    }
    json_t *sensor = json_loadb((const char *)text, n, 0, NULL);
    const char *name = json_string_value(json_object_get(sensor, "name"));
    if (name) {
        complete_sensor(g, sensor, json_number_value(json_object_get(sensor, "said")));
        json_object_set_new(g->names, field->str, json_string(name));
        json_array_append(g->sensors, sensor);
    }
    json_decref(sensor);
}

static void sensors_answered(void *context, void *subject, const redisReply *reply) {
    struct gather *g = context;
    g->answered++;
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2)
        take_sensor(g, reply->element[i], reply->element[i + 1]);
}

/* --- lines --- */

static int by_name(const void *a, const void *b) {
    return strcmp((*(struct line *const *)a)->name, (*(struct line *const *)b)->name);
}

static bool is_name(const redisReply *r) {
    return reply_is_text(r) && r->len == SECRET_NAME_MAX - 1 && strspn(r->str, digits) == SECRET_NAME_MAX - 1;
}

static void add_line(struct gather *g, const char *name) {
    struct line *line = g->lines < (size_t)LINES_MAX * WEEKS ? calloc(1, sizeof *line) : NULL;
    if (line && g->lines == g->room) {
        size_t room = g->room ? g->room * 2 : 256;
        struct line **wider = reallocarray(g->line, room, sizeof *wider);
        if (!wider) {
            free(line);
            line = NULL;
        } else {
            g->line = wider;
            g->room = room;
        }
    }
    if (!line) {
        g->cut = true;
        return;
    }
    line->g = g;
    snprintf(line->name, sizeof line->name, "%s", name);
    g->line[g->lines++] = line;
}

static void names_answered(void *context, void *subject, const redisReply *reply) {
    struct gather *g = context;
    g->answered++;
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
        if (is_name(reply->element[i]))
            add_line(g, reply->element[i]->str);
}

static void free_line(struct line *line) {
    json_decref(line->shares);
    free(line);
}

/* A line of several weeks is one line. */
static void unite_lines(struct gather *g) {
    size_t kept = 0;
    if (g->lines)
        qsort(g->line, g->lines, sizeof *g->line, by_name);
    for (size_t i = 0; i < g->lines; i++) {
        if (kept && by_name(&g->line[kept - 1], &g->line[i]) == 0)
            free_line(g->line[i]);
        else
            g->line[kept++] = g->line[i];
    }
    g->lines = kept;
}

static bool split_key(struct line *line, size_t n) {
    char *at = line->key, *end;
    line->key[n] = '\0';
    for (int i = 0; i < 3; i++) {
        line->part[i] = at;
        end = strchr(at, '\n');
        if (!end)
            return false;
        *end = '\0';
        at = end + 1;
    }
    return true;
}

static void name_answered(void *context, void *subject, const redisReply *reply) {
    struct gather *g = context;
    struct line *line = subject;
    char place[PLACE_MAX];
    size_t n;
    g->answered++;
    place_of_line(g->question->options, line->name, "n", place);
    if (!reply_is_text(reply) || reply->len >= sizeof line->key ||
        !secret_open(&g->question->options->secret, bytes_text(place), reply_bytes(reply),
                     (uint8_t *)line->key, &n) ||
        !split_key(line, n))
        return;
    line->wanted = true;
    for (int i = 0; i < 3; i++)
        line->wanted &= !g->question->word[i] || strcmp(g->question->word[i], line->part[i]) == 0;
}

/* --- sums --- */

struct asked {
    struct line *line;
    bool day;
    int64_t index;
};

static void add_amount(struct share_amount *to, const struct share_amount *more) {
    to->objects = add_sizes(to->objects, more->objects);
    to->bytes = add_sizes(to->bytes, more->bytes);
    to->denied_objects = add_sizes(to->denied_objects, more->denied_objects);
    to->denied_bytes = add_sizes(to->denied_bytes, more->denied_bytes);
}

static void add_number(json_t *to, const char *key, uint64_t more) {
    json_object_set_new(to, key,
                        json_integer(json_integer_value(json_object_get(to, key)) + (json_int_t)more));
}

/* A field's name begins with the sensor's digest. */
static void add_share(struct line *line, const redisReply *field, const struct share_amount *a) {
    char sensor[SENSOR_DIGITS + 1];
    if (field->len <= SENSOR_DIGITS || strspn(field->str, digits) < SENSOR_DIGITS)
        return;
    snprintf(sensor, sizeof sensor, "%.16s", field->str);
    json_t *share = json_object_get(line->shares, sensor);
    if (!share) {
        share = json_object();
        const json_t *name = json_object_get(line->g->names, sensor);
        json_object_set_new(share, "sensor", name ? json_deep_copy(name) : json_string(sensor));
        json_object_set_new(line->shares, sensor, share);
    }
    add_number(share, "objects", a->objects);
    add_number(share, "bytes", a->bytes);
    add_number(share, "denied_objects", a->denied_objects);
}

static void amounts_answered(void *context, void *subject, const redisReply *reply) {
    struct gather *g = context;
    const struct asked *a = subject;
    struct line *line = a->line;
    struct share_amount sum = {.day = a->day}, one;
    size_t fields;
    g->answered++;
    if (!place_add_up(reply, NULL, &sum, &fields))
        return;
    int64_t age = g->now / (a->day ? day_ns : day_ns / 24) - a->index;
    if (!a->day) {
        add_amount(&line->sum[WINDOW_DAY], &sum);
        return;
    }
    add_amount(&line->sum[WINDOW_PERIOD], &sum);
    if (age < 7)
        add_amount(&line->sum[WINDOW_WEEK], &sum);
    line->denied_days += sum.denied_objects > 0;
    for (size_t i = 0; i + 1 < reply->elements; i += 2)
        if (reply_is_text(reply->element[i]) && reply_is_text(reply->element[i + 1]) &&
            place_read_amount(reply_bytes(reply->element[i + 1]), &one))
            add_share(line, reply->element[i], &one);
}

static void count_answered(void *context, void *subject, const redisReply *reply) {
    struct gather *g = context;
    uint64_t *out = subject;
    g->answered++;
    if (reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0)
        *out = (uint64_t)reply->integer;
}

static void ask_distinct(struct line *line, char kind, const int64_t *days, size_t count, uint64_t *out) {
    char place[LEDGER_PERIOD_DAYS][PLACE_MAX];
    struct engine_command c = {.count = 0};
    engine_word(&c, bytes_text("PFCOUNT"));
    for (size_t i = 0; i < count; i++) {
        place_of_bucket(line->g->question->options, line->name, kind, days[i], place[i]);
        engine_word(&c, bytes_text(place[i]));
    }
    if (count)
        engine_send(line->g->engine, &c, count_answered, line->g, out);
}

static void ask_amounts(struct line *line, bool day, int64_t index) {
    char place[PLACE_MAX];
    struct engine_command c = {.owned = true};
    struct asked *a = malloc(sizeof *a);
    if (!a)
        return;
    *a = (struct asked){line, day, index};
    place_of_bucket(line->g->question->options, line->name, day ? 'd' : 'h', index, place);
    engine_word(&c, bytes_text("HGETALL"));
    engine_word(&c, bytes_text(place));
    if (!engine_send(line->g->engine, &c, amounts_answered, line->g, a))
        free(a);
}

static void buckets_answered(void *context, void *subject, const redisReply *reply) {
    struct gather *g = context;
    struct line *line = subject;
    int64_t days[LEDGER_PERIOD_DAYS], index;
    size_t count = 0, hours = 0;
    bool day;
    g->answered++;
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        if (!reply_is_text(reply->element[i]) ||
            !place_read_bucket(reply_bytes(reply->element[i]), &day, &index))
            continue;
        int64_t age = g->now / (day ? day_ns : day_ns / 24) - index;
        if (age < 0 || age >= (day ? LEDGER_PERIOD_DAYS : SHARE_HOURS) ||
            (day ? count == LEDGER_PERIOD_DAYS : hours++ == SHARE_HOURS))
            continue;
        if (day)
            days[count++] = index;
        ask_amounts(line, day, index);
    }
    ask_distinct(line, 'p', days, count, &line->plates);
    ask_distinct(line, 'i', days, count, &line->images);
}

/* --- the answer --- */

static json_t *amount_object(const struct share_amount *a) {
    return json_pack("{s:I,s:I,s:I,s:I}", "objects", (json_int_t)a->objects, "bytes", (json_int_t)a->bytes,
                     "denied_objects", (json_int_t)a->denied_objects, "denied_bytes",
                     (json_int_t)a->denied_bytes);
}

static json_t *text_or_hidden(const char *text) {
    json_t *value = json_string(text);
    return value ? value : json_string("?");
}

static json_t *line_object(const struct line *line) {
    json_t *o = json_object(), *shares = json_array(), *share;
    const char *key;
    json_object_set_new(o, "network", text_or_hidden(line->part[0]));
    json_object_set_new(o, "destination", text_or_hidden(line->part[1]));
    json_object_set_new(o, "class", text_or_hidden(line->part[2]));
    for (int w = 0; w < WINDOWS; w++)
        json_object_set_new(o, window_keys[w], amount_object(&line->sum[w]));
    json_t *period = json_object_get(o, "period");
    json_object_set_new(period, "denied_days", json_integer(line->denied_days));
    json_object_set_new(period, "distinct_plates", json_integer((json_int_t)line->plates));
    json_object_set_new(period, "distinct_images", json_integer((json_int_t)line->images));
    json_object_foreach(line->shares, key, share) json_array_append(shares, share);
    json_object_set_new(o, "sensors", json_integer((json_int_t)json_array_size(shares)));
    json_object_set_new(o, "shares", shares);
    return o;
}

static int by_weight(const void *a, const void *b) {
    const struct share_amount *x = &(*(struct line *const *)a)->sum[WINDOW_PERIOD],
                              *y = &(*(struct line *const *)b)->sum[WINDOW_PERIOD];
    if (x->denied_bytes != y->denied_bytes)
        return x->denied_bytes > y->denied_bytes ? -1 : 1;
    return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

static json_t *answer_object(struct gather *g) {
    json_t *lines = json_array();
    if (g->lines)
        qsort(g->line, g->lines, sizeof *g->line, by_weight);
    for (size_t i = 0; i < g->lines; i++)
        if (g->line[i]->wanted)
            json_array_append_new(lines, line_object(g->line[i]));
    return json_pack("{s:O,s:o,s:b}", "sensors", g->sensors, "lines", lines, "cut", g->cut);
}

/* --- the whole --- */

static bool gather_names(struct gather *g) {
    char place[PLACE_MAX];
    int64_t week = g->now / (PLACE_WEEK_DAYS * day_ns);
    place_of_sensors(g->question->options, place);
    SEND(g, sensors_answered, NULL, "HGETALL", place);
    for (int64_t w = week; w > week - WEEKS; w--)
        for (size_t i = 0; i < sizeof digits - 1; i++) {
            place_of_lines(g->question->options, w, digits[i], place);
            SEND(g, names_answered, NULL, "SMEMBERS", place);
        }
    if (!wait_all(g))
        return false;
    unite_lines(g);
    for (; g->lines > LINES_MAX; g->cut = true)
        free_line(g->line[--g->lines]);
    for (size_t i = 0; i < g->lines; i++) {
        place_of_line(g->question->options, g->line[i]->name, "n", place);
        if (!wait_room(g) || !SEND(g, name_answered, g->line[i], "GET", place))
            return false;
    }
    return wait_all(g);
}

static bool gather_sums(struct gather *g) {
    char place[PLACE_MAX];
    for (size_t i = 0; i < g->lines; i++) {
        if (!g->line[i]->wanted)
            continue;
        g->line[i]->shares = json_object();
        place_of_line(g->question->options, g->line[i]->name, "b", place);
        if (!wait_room(g) || !SEND(g, buckets_answered, g->line[i], "SMEMBERS", place))
            return false;
    }
    return wait_all(g);
}

static bool open_engine(struct gather *g) {
    struct error e;
    g->engine = engine_create(g->question->options, &e);
    if (!g->engine)
        fprintf(stderr, "gantryctl: %s\n", e.text);
    return g->engine != NULL;
}

json_t *fleet_gather(const struct fleet_question *q) {
    struct gather g = {.question = q, .now = clock_wall(), .sensors = json_array(), .names = json_object()};
    json_t *answer = NULL;
    if (open_engine(&g) && gather_names(&g) && gather_sums(&g))
        answer = answer_object(&g);
    engine_destroy(g.engine);
    for (size_t i = 0; i < g.lines; i++)
        free_line(g.line[i]);
    free(g.line);
    json_decref(g.sensors);
    json_decref(g.names);
    return answer;
}

static void forget_answered(void *context, void *subject, const redisReply *reply) {
    struct gather *g = context;
    bool *found = subject;
    g->answered++;
    *found = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
}

bool fleet_forget(const struct fleet_options *o, const char *sensor) {
    const struct fleet_question q = {o, {NULL}};
    struct gather g = {.question = &q};
    char place[PLACE_MAX], digest[SECRET_SENSOR_MAX];
    bool found = false;
    place_of_sensors(o, place);
    secret_sensor(&o->secret, sensor, digest);
    bool done = open_engine(&g) && SEND(&g, forget_answered, &found, "HDEL", place, digest) && wait_all(&g);
    engine_destroy(g.engine);
    if (done && !found)
        fprintf(stderr, "gantryctl: no sensor of this name is listed; gantryctl fleet has the names\n");
    return done && found;
}
