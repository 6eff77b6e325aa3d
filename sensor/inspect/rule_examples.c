/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rule_load.h"

#include "base/base64.h"
#include "base/hex.h"

/* Examples and counterexamples of rules: a name, and content as text, base64 or hexadecimal. */
struct example_entry {
    const char *name, *text, *note;
    const struct doc_node *base64, *hex;
};

static bool keep_text(struct setting_reader *r, const struct doc_node *node, void *field) {
    if (node->kind != DOC_TEXT)
        return setting_error(r, node, "is no text");
    *(const struct doc_node **)field = node;
    return true;
}

static const struct setting example_table[] = {
    {.key = "name",
     .type = SETTING_TEXT,
     .offset = offsetof(struct example_entry, name),
     .help = "the object's file name"},
    {.key = "text", .type = SETTING_TEXT, .offset = offsetof(struct example_entry, text), .help = "content"},
    {.key = "base64",
     .type = SETTING_CUSTOM,
     .read = keep_text,
     .offset = offsetof(struct example_entry, base64),
     .help = "content, RFC 4648"},
    {.key = "hex",
     .type = SETTING_CUSTOM,
     .read = keep_text,
     .offset = offsetof(struct example_entry, hex),
     .help = "content, two digits a byte"},
    {.key = "note",
     .type = SETTING_TEXT,
     .offset = offsetof(struct example_entry, note),
     .help = "for the reader: what it is"},
    {0},
};

/* Digits of `bits` bits each into bytes; white space is stepped over, `pad` ends it. */
static bool decode_digits(struct setting_reader *r, const struct doc_node *node, int (*value)(uint8_t),
                          unsigned bits, struct bytes *out) {
    uint8_t *bytes = arena_alloc(r->arena, strlen(node->text) + 1);
    uint32_t held = 0;
    unsigned have = 0;
    size_t n = 0;
    for (const char *p = node->text; bytes && *p && *p != '='; p++) {
        int v = value((uint8_t)*p);
        if (strchr(" \t\r\n", *p))
            continue;
        if (v < 0)
            return setting_error(r, node, "holds '%c'; write only digits of this form", *p);
        held = held << bits | (unsigned)v;
        have += bits;
        if (have >= 8) {
            have -= 8;
            bytes[n++] = (uint8_t)(held >> have);
        }
    }
    if (have >= bits)
        return setting_error(r, node, "ends in the middle of a byte; add the missing digit");
    *out = bytes_of(bytes, n);
    return bytes != NULL;
}

static bool read_example(struct setting_reader *r, const struct doc_node *node, struct rule_example *out) {
    struct example_entry entry = {0};
    if (node->kind != DOC_MAP)
        return problem_error(
            r->problems, node->file, node->line,
            "examples: an entry is no map; write \"- text: ...\" or \"- {name: ..., hex: ...}\"");
    if (!setting_read(r, node, example_table, &entry))
        return false;
    if ((entry.text != NULL) + (entry.base64 != NULL) + (entry.hex != NULL) > 1)
        return problem_error(r->problems, node->file, node->line,
                             "examples: has content twice; keep one of text, base64, hex");
    if (!entry.name && !entry.text && !entry.base64 && !entry.hex)
        return problem_error(r->problems, node->file, node->line,
                             "examples: is empty; give it a name, or text, base64 or hex");
    out->file = arena_text(r->arena, node->file, strlen(node->file));
    out->line = node->line;
    out->name = bytes_text(entry.name);
    out->content = bytes_text(entry.text);
    if (entry.base64)
        return decode_digits(r, entry.base64, base64_value, 6, &out->content);
    return !entry.hex || decode_digits(r, entry.hex, hex_value, 4, &out->content);
}

bool rule_load_examples(struct setting_reader *r, const struct doc_node *list, bool holds,
                        struct rule_example *out, size_t *count, size_t most) {
    bool ok = true;
    if (list->kind != DOC_LIST || list->children == 0)
        return setting_error(r, list,
                             "is empty; a rule is known by what it finds and by what it leaves alone");
    for (const struct doc_node *c = list->child; c; c = c->next) {
        if (*count == most)
            return setting_error(r, list, "a rule has more than %zu examples and counterexamples; drop some",
                                 most);
        struct rule_example *e = &out[*count];
        *e = (struct rule_example){.holds = holds};
        ok = read_example(r, c, e) && ok;
        *count += 1;
    }
    return ok;
}
