/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"
#include "policies.h"
#include "policy/outlook.h"
#include "use.h"

#include <stdio.h>

/* One thing to say: of the load, of the outlook, or of what was never used. */
struct finding_of_policy {
    const char *kind; /* "error", "warning" of the load; outlook_name(); "never-used" */
    const char *text, *partner, *contract, *file;
    int line;
};

struct checking {
    struct json_writer out;
    bool json;
    size_t count;
};

static void say_problem(struct checking *c, const struct finding_of_policy *f) {
    c->count++;
    if (!c->json) {
        if (f->file)
            printf("%s:%d: ", f->file, f->line);
        puts(f->text);
        return;
    }
    json_write_object(&c->out, NULL);
    json_write_text(&c->out, "kind", f->kind);
    json_write_text(&c->out, "text", f->text);
    if (f->partner)
        json_write_text(&c->out, "partner", f->partner);
    if (f->contract)
        json_write_text(&c->out, "contract", f->contract);
    if (f->file) {
        json_write_text(&c->out, "file", f->file);
        json_write_integer(&c->out, "line", f->line);
    }
    json_write_object_end(&c->out);
}

static void say_problems(struct checking *c, const struct problems *p) {
    for (size_t i = 0; i < p->count; i++)
        say_problem(c, &(struct finding_of_policy){.kind = p->list[i].warning ? "warning" : "error",
                                                   .text = p->list[i].text});
}

/* A contract that is over is a warning of the load already. */
static void say_item(void *context, const struct outlook_item *i) {
    if (i->kind != OUTLOOK_ENDED)
        say_problem(context, &(struct finding_of_policy){.kind = outlook_name(i->kind),
                                                         .text = i->text,
                                                         .partner = i->partner ? i->partner->name : NULL,
                                                         .contract = i->contract ? i->contract->id : NULL,
                                                         .file = i->file,
                                                         .line = i->line});
}

static void say_unused(struct checking *c, const struct partner *p, const struct policy_use *use,
                       const char *since) {
    char text[256];
    for (size_t i = 0; i < p->contract_count; i++) {
        const struct contract *k = &p->contracts[i];
        const struct policy_use *u = policy_use_of(use, k->id);
        if (!u || u->used)
            continue;
        snprintf(text, sizeof text, "contract %s of %s was never used%s%.10s; ask whether it is still needed",
                 k->id, p->name, *since ? " since " : "", since);
        say_problem(c, &(struct finding_of_policy){"never-used", text, p->name, k->id, k->file, k->line});
    }
}

static void look_ahead(struct checking *c, const struct policy *p, const struct policy_use *use,
                       const char *since) {
    policy_outlook(p, clock_wall(), say_item, c);
    for (uint32_t i = 0; use && i < policy_partners(p); i++)
        say_unused(c, policy_partner(p, i), use, since);
}

static void finish_json(struct checking *c, bool use_known) {
    json_write_array_end(&c->out);
    json_write_bool(&c->out, "use_known", use_known);
    json_write_object_end(&c->out);
    printf("%.*s\n", (int)json_writer_size(&c->out), c->out.start);
    json_writer_free(&c->out);
}

int policy_check(const struct policy_words *w) {
    enum { JSON_MAX = 64 << 20 };
    struct problems problems = {0};
    struct checking c = {.json = w->json};
    char since[POLICY_SINCE_MAX] = "";
    if (w->count || w->at)
        return command_usage(&policy_command, "%s is not expected with check",
                             w->count ? w->word[0] : "--at");
    const struct config *config = policy_config(w->config, &problems);
    struct policy_use *use = config ? policy_use_ask(w->config, w->socket, since) : NULL;
    json_writer_grow(&c.out, JSON_MAX);
    json_write_object(&c.out, NULL);
    json_write_array(&c.out, "findings");
    say_problems(&c, &problems);
    if (config)
        look_ahead(&c, config->policy, use, since);
    if (c.json)
        finish_json(&c, use != NULL);
    else if (config && !use)
        fputs(
            "gantryctl: no sensor answers, so it is not known which contracts were used; ask where it runs\n",
            stderr);
    if (!c.json && c.count == 0)
        puts("nothing to look after");
    problems_finish(&problems);
    policy_use_free(use);
    return c.count ? EXIT_FAILED : EXIT_DONE;
}
