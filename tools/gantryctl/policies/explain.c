/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain.h"
#include "base/json_writer.h"
#include "policies.h"
#include "policy/contracts.h"
#include "policy/domains.h"
#include "policy/networks.h"
#include "settings/nearest.h"
#include "use.h"

#include <stdio.h>
#include <string.h>

/* What is asked, and what there is to say. */
struct question {
    const struct config *config;
    struct judgement_facts facts;
    const char *name; /* DST, if it is one */
    struct policy_use *use;
    char application[64], master[64], protocol[64];
    struct explained_place source, destination;
    const struct domain *domain; /* whose name it is; NULL: nobody's */
    struct judgement judgement;
    char alert[EXPLAINED_WHY_MAX];
    bool alerts;
};

static bool refuse_word(const char *format, const char *word, const char *near) {
    fputs("gantryctl: ", stderr);
    fprintf(stderr, format, word, near);
    fputc('\n', stderr);
    return false;
}

/* --- reading the question --- */

/* "2026-05-30T03:12:00Z", "2026-05-30 03:12", "2026-05-30" */
static bool read_time(const char *text, time_ns *out) {
    char day[11];
    int32_t days;
    unsigned hour = 12, minute = 0, second = 0;
    int used = 0, more = 0;
    snprintf(day, sizeof day, "%s", text);
    const char *rest = text + strlen(day);
    bool ok = date_parse(day, &days);
    if (ok && *rest) {
        ok = sscanf(rest, "%*1[T ]%2u:%2u%n", &hour, &minute, &used) == 2;
        rest += used;
        if (ok && sscanf(rest, ":%2u%n", &second, &more) == 1)
            rest += more;
        ok = ok && (!*rest || strcmp(rest, "Z") == 0) && hour < 24 && minute < 60 && second < 60;
    }
    if (!ok)
        return refuse_word("\"%s\" is no time; write it like 2026-05-30T03:12:00Z%s", text, "");
    int64_t seconds = days * INT64_C(86400) + hour * 3600 + minute * 60 + second;
    if (seconds > INT64_MAX / NS_PER_S || seconds < 0)
        return refuse_word("\"%s\" is beyond what the sensor's clock counts; name a year from 1970 to 2261%s",
                           text, "");
    *out = seconds * NS_PER_S;
    return true;
}

/* The part behind a dot is nDPI's application, the one before it the protocol below: "TLS.Dropbox". FTP moves
 * its files in a connection of its own. */
static bool read_protocol(struct question *q, const char *text) {
    const char *dot = strchr(text, '.');
    if (strlen(text) >= sizeof q->application)
        return refuse_word("\"%.40s\" is no protocol's name%s", text, "");
    snprintf(q->application, sizeof q->application, "%s",
             dot                            ? dot + 1
             : strcasecmp(text, "FTP") == 0 ? "FTP_DATA"
                                            : text);
    snprintf(q->master, sizeof q->master, "%.*s", dot ? (int)(dot - text) : 0, text);
    struct identify *known = identify_create(&(struct identify_options){.memory = 64 << 10});
    bool ok = !known || (identify_id(known, q->application) && (!dot || identify_id(known, q->master)));
    identify_destroy(known);
    /* What is judged is what the bytes show: "TLS" of "TLS.Dropbox", "FTP" of "FTP_DATA". */
    snprintf(q->protocol, sizeof q->protocol, "%.*s", (int)strcspn(text, "._"), text);
    q->facts.protocol = q->protocol;
    return ok ||
           refuse_word("nDPI knows no protocol \"%.40s\"; write its name for it, such as TLS, SSH, HTTP or "
                       "TLS.Dropbox%s",
                       text, "");
}

static bool read_class(struct question *q, const char *text) {
    const char *const *classes = ruleset_classes(q->config->rules);
    q->facts.class = text;
    for (const char *const *c = classes; *c; c++)
        if (strcmp(*c, text) == 0)
            return true;
    const char *near = nearest_text(text, classes);
    return near ? refuse_word("no rule gives the class \"%.64s\"; did you mean %s?", text, near)
                : refuse_word(
                      "no rule gives the class \"%.64s\"; gantryctl rules check lists what is wrong with "
                      "them%s",
                      text, "");
}

/* An address, or a name: then any address of the partner that owns it stands for what it may resolve to. */
static bool read_destination(struct question *q, const char *text) {
    char name[DOMAIN_MAX + 1];
    const char *why = "";
    bool below;
    size_t count;
    const struct policy *p = q->config->policy;
    if (address_parse(text, &q->facts.destination))
        return true;
    if (!domain_parse(text, name, &below, &why) || below)
        return refuse_word("\"%.80s\" is neither an address nor a name: %s", text,
                           below ? "it stands for many names" : why);
    q->name = text;
    q->facts.host = bytes_text(text);
    q->domain = policy_domain(p, q->facts.host);
    const struct network_entry *all = policy_entries(p, &count);
    for (size_t i = 0; q->domain && i < count; i++) {
        struct place place = policy_place(p, &all[i].prefix.base);
        if (place.kind == PLACE_PARTNER && place.index == q->domain->partner) {
            q->facts.destination = all[i].prefix.base;
            break;
        }
    }
    return true;
}

/* What the sensor counted, one object more. */
static void use_of(void *context, const struct contract *c, struct contract_use *out) {
    const struct question *q = context;
    const struct policy_use *u = policy_use_of(q->use, c->id);
    if (!u)
        return;
    out->day = (struct contract_amount){u->day_objects + 1, u->day_bytes};
    out->month = (struct contract_amount){u->month_objects + 1, u->month_bytes};
    out->broken =
        (c->day.objects && out->day.objects > c->day.objects ? TERM_BIT(TERM_DAY_OBJECTS) : 0) |
        (c->day.bytes && out->day.bytes >= c->day.bytes ? TERM_BIT(TERM_DAY_BYTES) : 0) |
        (c->month.objects && out->month.objects > c->month.objects ? TERM_BIT(TERM_MONTH_OBJECTS) : 0) |
        (c->month.bytes && out->month.bytes >= c->month.bytes ? TERM_BIT(TERM_MONTH_BYTES) : 0);
}

static bool read_question(struct question *q, const struct policy_words *w) {
    char since[POLICY_SINCE_MAX];
    q->facts.time = clock_wall();
    q->facts.any_protocol = w->count < 4;
    if (!address_parse(w->word[0], &q->facts.source))
        return refuse_word("\"%.80s\" is no address; SRC is one of an image network%s", w->word[0], "");
    if (!read_destination(q, w->word[1]) || (w->count > 2 && !read_class(q, w->word[2])) ||
        (w->count > 3 && !read_protocol(q, w->word[3])) || (w->at && !read_time(w->at, &q->facts.time)))
        return false;
    q->use = w->at ? NULL : policy_use_ask(w->config, w->socket, since);
    if (q->use) {
        q->facts.use = use_of;
        q->facts.context = q;
    }
    return true;
}

static void write_answer(struct question *q) {
    const struct policy *p = q->config->policy;
    policy_explain_place(p, &q->facts.source, &q->source);
    policy_explain_place(p, &q->facts.destination, &q->destination);
    policy_judge(p, &q->facts, &q->judgement);
    q->alerts = policy_explain_alert(p, &q->facts, &q->judgement, q->alert);
}

/* --- for people --- */

static void print_place(const char *what, const struct explained_place *place) {
    if (place->relay)
        printf("%s is a relay, which acts for others\n", what);
    if (!place->file) {
        printf("%s belongs to nobody in the configuration\n", what);
        return;
    }
    printf("%s belongs to the %s %s%s(%s)  %s:%d\n", what, place->kind, place->name ? place->name : "",
           place->name ? " " : "", place->prefix, place->file, place->line);
}

static void print_name(const struct question *q) {
    if (!q->domain) {
        printf("%s is no partner's name; the address that it stands for decides\n", q->name);
        return;
    }
    printf("%s is a name of the partner %s (%s%s)  %s:%d\n", q->name,
           policy_partner(q->config->policy, q->domain->partner)->name, q->domain->below ? "*." : "",
           q->domain->name, q->domain->file, q->domain->line);
    printf("The sender chooses the name, so it can only make a verdict worse: below is what holds for the "
           "partner's own\n"
           "addresses; an address of nobody's stays unknown\n");
}

static void print_contract(const struct question *q, const struct contract *c) {
    struct explained_term terms[TERM_COUNT];
    size_t n = contract_explain(c, &q->facts, terms);
    printf("\ncontract %s  %s:%d\n", c->id, c->file, c->line);
    for (size_t i = 0; i < n; i++)
        printf("  %-17s %-9s  %s  %s:%d\n", term_name(terms[i].term), explained_state_name(terms[i].state),
               terms[i].says, c->file, terms[i].line);
}

/* Whose contracts are looked at: the address's owner's, else the name's. */
static const struct partner *partner_of(const struct question *q) {
    return q->judgement.partner;
}

static void print_answer(const struct question *q, const char *source, const char *destination) {
    const struct partner *p = partner_of(q);
    print_place(source, &q->source);
    if (q->name)
        print_name(q);
    else
        print_place(destination, &q->destination);
    for (size_t i = 0; p && i < p->contract_count; i++)
        print_contract(q, &p->contracts[i]);
    if (p && p->contract_count == 0)
        printf("\npartner %s has no contract  %s:%d\n", p->name, p->file, p->line);
    printf("\nverdict  %s: %s\nalert    %s\n", verdict_name(q->judgement.verdict), q->judgement.reason,
           q->alert);
}

/* --- for programs --- */

static void write_line(struct json_writer *j, const char *file, int line) {
    json_write_text(j, "file", file);
    if (file)
        json_write_integer(j, "line", line);
}

static void write_place(struct json_writer *j, const char *key, const char *what,
                        const struct explained_place *place) {
    json_write_object(j, key);
    json_write_text(j, "asked", what);
    json_write_text(j, "kind", place->kind);
    json_write_text(j, "name", place->name);
    if (place->relay)
        json_write_bool(j, "relay", true);
    json_write_text(j, "prefix", place->file ? place->prefix : NULL);
    write_line(j, place->file, place->line);
    json_write_object_end(j);
}

static void write_contract(struct json_writer *j, const struct question *q, const struct contract *c) {
    struct explained_term terms[TERM_COUNT];
    size_t n = contract_explain(c, &q->facts, terms);
    json_write_object(j, NULL);
    json_write_text(j, "id", c->id);
    write_line(j, c->file, c->line);
    json_write_array(j, "terms");
    for (size_t i = 0; i < n; i++) {
        json_write_object(j, NULL);
        json_write_text(j, "term", term_name(terms[i].term));
        json_write_text(j, "state", explained_state_name(terms[i].state));
        json_write_text(j, "says", terms[i].says);
        write_line(j, c->file, terms[i].line);
        json_write_object_end(j);
    }
    json_write_array_end(j);
    json_write_object_end(j);
}

static void write_name(struct json_writer *j, const struct question *q) {
    json_write_object(j, "name");
    json_write_text(j, "partner",
                    q->domain ? policy_partner(q->config->policy, q->domain->partner)->name : NULL);
    write_line(j, q->domain ? q->domain->file : NULL, q->domain ? q->domain->line : 0);
    json_write_object_end(j);
}

static void print_json(const struct question *q, const char *source, const char *destination) {
    enum { JSON_MAX = 4 << 20 };
    struct json_writer j;
    const struct partner *p = partner_of(q);
    json_writer_grow(&j, JSON_MAX);
    json_write_object(&j, NULL);
    write_place(&j, "source", source, &q->source);
    write_place(&j, "destination", destination, &q->destination);
    if (q->name)
        write_name(&j, q);
    json_write_text(&j, "partner", p ? p->name : NULL);
    json_write_array(&j, "contracts");
    for (size_t i = 0; p && i < p->contract_count; i++)
        write_contract(&j, q, &p->contracts[i]);
    json_write_array_end(&j);
    json_write_text(&j, "verdict", verdict_name(q->judgement.verdict));
    json_write_text(&j, "contract", q->judgement.contract ? q->judgement.contract->id : NULL);
    json_write_text(&j, "reason", q->judgement.reason);
    json_write_array(&j, "broken");
    for (unsigned i = 0; i < TERM_COUNT; i++)
        if (q->judgement.terms & TERM_BIT(i))
            json_write_text(&j, NULL, term_name((enum contract_term)i));
    json_write_array_end(&j);
    json_write_bool(&j, "alert", q->alerts);
    json_write_text(&j, "alert_reason", q->alert);
    json_write_bool(&j, "use_known", q->use != NULL);
    json_write_object_end(&j);
    printf("%.*s\n", (int)json_writer_size(&j), j.start);
    json_writer_free(&j);
}

int policy_explain(const struct policy_words *w) {
    struct problems problems = {0};
    struct question q = {0};
    if (w->count < 2 || w->count > 4)
        return command_usage(&policy_command, "name SRC and DST, and perhaps CLASS and PROTOCOL");
    q.config = policy_config(w->config, &problems);
    if (!q.config)
        problems_print(&problems);
    problems_finish(&problems);
    if (!q.config || !read_question(&q, w))
        return EXIT_FAILED;
    write_answer(&q);
    (w->json ? print_json : print_answer)(&q, w->word[0], w->word[1]);
    policy_use_free(q.use);
    return EXIT_DONE;
}
