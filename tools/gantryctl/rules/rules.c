/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"
#include "command.h"
#include "examine.h"
#include "plain.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PATHS_MAX = 256 };

struct arguments {
    const char *paths[PATHS_MAX];
    size_t path_count;
    const char *rules[PATHS_MAX];
    size_t rules_count;
    bool json, quiet, all;
};

static const char help[] =
    "gantryctl rules - check, test and explain rules\n"
    "\n"
    "Usage: gantryctl rules check   [--json] [PATH...]\n"
    "       gantryctl rules test    [--json] [PATH...]\n"
    "       gantryctl rules explain [--rules PATH]... [--all | --json | --quiet] FILE...\n"
    "\n"
    "PATH is a rule file or a folder of *.yaml files; if none is given, /etc/gantry/rules or the rules that "
    "came with\n"
    "the program.\n"
    "\n"
    "check    loads the rules as the sensor does and prints each problem as FILE:LINE: what is wrong and how "
    "to mend it.\n"
    "test     runs every rule's examples and counterexamples through the inspector: in whole, byte by "
    "byte, and cut in two\n"
    "         at many places.\n"
    "explain  says for local files (folders are walked) what they are, which rules hold for them, and why.\n"
    "\n"
    "  --rules PATH  rules to explain with; may be given again\n"
    "  --all         explain also why the other rules do not hold\n"
    "  --quiet       one line a finding (RULE, tab, FILE), then a line of totals\n"
    "  --json        one JSON object a line\n"
    "\n"
    "Try this:\n"
    "  gantryctl rules check rules/\n"
    "  gantryctl rules test rules/plate-records.yaml\n"
    "  gantryctl rules explain --rules rules/ export.csv\n"
    "\n"
    "Exit status: 0 all is well (explain: whatever was found), 1 problems or failed examples, 2 usage.";

static bool take_flag(struct arguments *a, const char *argument) {
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--json", &a->json}, {"--quiet", &a->quiet}, {"--all", &a->all}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(flags[i].name, argument) == 0)
            return *flags[i].flag = true;
    return false;
}

/* 0, or the exit status after saying what is wrong. */
static int read_arguments(struct arguments *a, int argc, char **argv) {
    bool options = true;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (options && strcmp(argv[i], "--rules") == 0) {
            if (i + 1 == argc || a->rules_count == PATHS_MAX)
                return command_usage(&rules_command, "--rules needs a PATH");
            a->rules[a->rules_count++] = argv[++i];
        } else if (options && argv[i][0] == '-' && argv[i][1]) {
            if (!take_flag(a, argv[i]))
                return command_usage(&rules_command, "%s is no option here", argv[i]);
        } else if (a->path_count < PATHS_MAX)
            a->paths[a->path_count++] = argv[i];
        else
            return command_usage(&rules_command, "more than %d paths", PATHS_MAX);
    }
    return 0;
}

static void print_problems_json(const struct problems *p) {
    static char buffer[8192];
    for (size_t i = 0; i < p->count; i++) {
        struct json_writer j;
        json_writer_init(&j, buffer, sizeof buffer);
        json_write_object(&j, NULL);
        json_write_text(&j, "severity", p->list[i].warning ? "warning" : "error");
        json_write_text(&j, "problem", p->list[i].text);
        json_write_object_end(&j);
        printf("%.*s\n", (int)json_writer_size(&j), buffer);
    }
}

/* The rules that a subcommand works with; false after printing what is wrong with them. */
static bool load_rules(struct ruleset_file *f, const struct arguments *a, const char *const *paths,
                       size_t count) {
    static const char *preset[1];
    preset[0] = ruleset_default_path();
    examine_load(f, count ? paths : preset, count ? count : 1);
    if (a->json)
        print_problems_json(&f->problems);
    else
        problems_print(&f->problems);
    return f->rules != NULL;
}

static int check_rules(const struct arguments *a) {
    struct ruleset_file f;
    bool ok = load_rules(&f, a, a->paths, a->path_count);
    if (!ok)
        fprintf(stderr, "gantryctl: the rules have %zu error%s\n", f.problems.errors,
                f.problems.errors == 1 ? "" : "s");
    else if (!a->json)
        printf("%zu rules, %zu identifiers, %zu databases, %zu KiB; %zu warning%s\n", f.rules->rule_count,
               f.rules->identifier_count, f.rules->scan_count, f.arena.used >> 10, f.problems.warnings,
               f.problems.warnings == 1 ? "" : "s");
    examine_unload(&f);
    return ok ? EXIT_DONE : EXIT_FAILED;
}

/* --- test --- */

struct totals {
    size_t examples, failed;
};

static void tell_failure(const struct arguments *a, const struct rule *rule, const struct rule_example *e,
                         const char *what) {
    char buffer[2048];
    struct json_writer j;
    if (!a->json) {
        printf("%s:%d: rule %s: %s\n", e->file, e->line, rule->id, what);
        return;
    }
    json_writer_init(&j, buffer, sizeof buffer);
    json_write_object(&j, NULL);
    json_write_text(&j, "rule", rule->id);
    json_write_text(&j, "file", e->file);
    json_write_number(&j, "line", (uint64_t)e->line);
    json_write_text(&j, "failure", what);
    json_write_object_end(&j);
    printf("%.*s\n", (int)json_writer_size(&j), buffer);
}

static void test_rule(const struct arguments *a, struct examiner *x, const struct ruleset *rules,
                      const struct rule *rule, struct totals *t) {
    char words[TRIAL_WORDS];
    for (size_t i = 0; i < rule->condition->example_count; i++) {
        const struct rule_example *e = &rule->condition->examples[i];
        t->examples++;
        if (trial_example(examiner_trial(x), rule, e, words))
            continue;
        t->failed++;
        tell_failure(a, rule, e, words);
        if (!a->json)
            explain_object(stdout, rules, examine_bytes(x, e->name, e->content), "  it is seen as", false);
    }
}

static int test_rules(const struct arguments *a) {
    struct ruleset_file f;
    struct totals t = {0};
    struct error e;
    bool ok = load_rules(&f, a, a->paths, a->path_count);
    struct examiner *x = ok ? examiner_create(f.rules, &e) : NULL;
    if (ok && !x)
        fprintf(stderr, "gantryctl: %s\n", e.text);
    for (size_t i = 0; x && i < f.rules->rule_count; i++)
        test_rule(a, x, f.rules, &f.rules->rules[i], &t);
    if (x && !a->json)
        printf("%zu rules, %zu examples and counterexamples, %zu failed\n", f.rules->rule_count, t.examples,
               t.failed);
    ok = x && t.failed == 0;
    examiner_destroy(x);
    examine_unload(&f);
    return ok ? EXIT_DONE : EXIT_FAILED;
}

/* --- explain --- */

/* nftw() hands no context on. */
static struct {
    const struct arguments *arguments;
    const struct ruleset *rules;
    struct examiner *examiner;
    uint64_t files, bytes, findings;
    bool failed;
} walk;

static void explain_quietly(const struct object *o, const char *path) {
    const struct rule *rules[64];
    size_t count = inspector_rules(o, rules, 64);
    for (size_t i = 0; i < count && i < 64; i++) {
        printf("%s\t", rules[i]->id);
        plain_print(stdout, path);
        putchar('\n');
    }
    walk.findings += count;
}

static void tell_unreadable(const char *path) {
    int reason = errno;
    fputs("gantryctl: ", stderr);
    plain_print(stderr, path);
    fprintf(stderr, ": cannot be read: %s\n", strerror(reason));
    walk.failed = true;
}

static int explain_one(const char *path, const struct stat *st, int kind, struct FTW *where) {
    if (kind != FTW_F || !S_ISREG(st->st_mode))
        return 0;
    const struct object *o = examine_file(walk.examiner, path);
    if (!o) {
        tell_unreadable(path);
        return 0;
    }
    walk.files++;
    walk.bytes += o->size;
    if (walk.arguments->quiet)
        explain_quietly(o, path);
    else if (walk.arguments->json)
        explain_object_json(stdout, o, path);
    else
        explain_object(stdout, walk.rules, o, path, walk.arguments->all);
    return 0;
}

static void explain_paths(const struct arguments *a) {
    for (size_t i = 0; i < a->path_count; i++)
        if (nftw(a->paths[i], explain_one, 32, FTW_PHYS) != 0)
            tell_unreadable(a->paths[i]);
    if (a->quiet)
        printf("%" PRIu64 " files, %" PRIu64 " bytes, %" PRIu64 " findings\n", walk.files, walk.bytes,
               walk.findings);
}

static int explain_rules(const struct arguments *a) {
    struct ruleset_file f;
    struct error e;
    if (a->path_count == 0)
        return command_usage(&rules_command, "name a FILE to explain");
    bool ok = load_rules(&f, a, a->rules, a->rules_count);
    struct examiner *x = ok ? examiner_create(f.rules, &e) : NULL;
    if (ok && !x)
        fprintf(stderr, "gantryctl: %s\n", e.text);
    walk.arguments = a;
    walk.rules = f.rules;
    walk.examiner = x;
    walk.failed = !x;
    if (x)
        explain_paths(a);
    examiner_destroy(x);
    examine_unload(&f);
    return walk.failed ? EXIT_FAILED : EXIT_DONE;
}

static int run_rules(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(const struct arguments *a);
    } verbs[] = {{"check", check_rules}, {"test", test_rules}, {"explain", explain_rules}};
    struct arguments a = {0};
    if (argc < 2)
        return command_usage(&rules_command, "say check, test or explain");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, argv[1]) != 0)
            continue;
        int status = read_arguments(&a, argc - 1, argv + 1);
        return status ? status : verbs[i].run(&a);
    }
    return command_usage(&rules_command, "%s is nothing that can be done with rules", argv[1]);
}

const struct command rules_command = {
    .name = "rules",
    .summary = "check rule files, test their examples, explain what holds for a file",
    .help = help,
    .run = run_rules,
};
