#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The recipes of sensor/README.md, followed: a protocol, an unpacker, an image format and a fact are added to a copy of the tree,
each is counted by the files that it touches, the copy is built, and what they make of a capture comes out in every format.
Run with the root of the sources and the gantry of this build."""
import filecmp
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.').resolve()
GANTRY = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else ''
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / 'tests' / 'e2e'))
import packets  # noqa: E402

FORMATS = 'rfc5424 cef leef json ocsf eve human'.split()

# "TOY user colour name type octets\n", then so many octets, again and again.
PROTOCOL = r'''/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/protocol.h"

#include <stdio.h>

enum { LINE_MAX = 256 };

struct toy {
    char line[LINE_MAX];
    size_t n;
    unsigned long long left;
    struct transfer *transfer;
};

static enum probe toy_probe(const struct bytes first[2]) {
    if (first[SIDE_CLIENT].n < 4)
        return PROBE_MORE;
    return memcmp(first[SIDE_CLIENT].p, "TOY ", 4) == 0 ? PROBE_YES : PROBE_NO;
}

static void *toy_open(struct conversation *c, struct bytes facts) {
    (void)c, (void)facts;
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct toy));
}

static bool begin_transfer(struct conversation *c, struct toy *t, enum side from) {
    char user[LINE_MAX], colour[LINE_MAX], name[LINE_MAX], type[LINE_MAX];
    struct transfer_seed seed = transfer_seed_of("toy", from);
    if (sscanf(t->line, "TOY %s %s %s %s %llu", user, colour, name, type, &t->left) != 5)
        return false;
    seed.fact[FACT_USER] = bytes_text(user);
    seed.fact[FACT_COLOUR] = bytes_text(colour);
    seed.fact[FACT_NAME] = bytes_text(name);
    seed.fact[FACT_DECLARED_TYPE] = bytes_text(type);
    seed.length = t->left;
    t->transfer = c->services->begin(c, &seed);
    return true;
}

static enum protocol_result toy_data(struct conversation *c, enum side from, const uint8_t *bytes, size_t n) {
    struct toy *t = c->state;
    for (size_t i = 0; i < n && from == SIDE_CLIENT;) {
        if (t->left > 0) {
            size_t take = n - i < t->left ? n - i : (size_t)t->left;
            c->services->data(c, t->transfer, bytes + i, take);
            i += take;
            t->left -= take;
            if (t->left == 0) {
                c->services->end(c, t->transfer, TRANSFER_DONE);
                t->transfer = NULL;
            }
        } else if (t->n + 1 == LINE_MAX) {
            return PROTOCOL_LOST;
        } else {
            t->line[t->n++] = (char)bytes[i];
            if (bytes[i++] != '\n')
                continue;
            t->line[t->n] = '\0';
            t->n = 0;
            if (!begin_transfer(c, t, from))
                return PROTOCOL_LOST;
        }
    }
    return PROTOCOL_OK;
}

static enum protocol_result toy_gap(struct conversation *c, enum side from, uint64_t n) {
    (void)c, (void)from, (void)n;
    return PROTOCOL_LOST;
}

static void toy_close(struct conversation *c) {
    struct toy *t = c->state;
    c->services->end(c, t->transfer, TRANSFER_CUT);
    protocol_free(t);
}

const struct protocol protocol_toy = {
    .name = "toy", .probe = toy_probe, .open = toy_open, .data = toy_data, .gap = toy_gap, .close = toy_close};
'''

# A first line that names the one member, which is all the rest.
UNPACKER = r'''/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

#include <stdlib.h>

enum { NAME_MAX = 64 };

struct toypack {
    struct filter filter;
    struct unpack *unpack;
    struct filter *member;
    char name[NAME_MAX];
    size_t n;
    bool named;
};

static void begin_member(struct toypack *t) {
    struct bytes fact[FACT_COUNT] = {[FACT_NAME] = bytes_of(t->name, t->n)};
    const struct unpack_child child = {.fact = fact, .total = LENGTH_UNKNOWN};
    t->member = unpack_begin(t->unpack, &child);
    t->named = true;
}

static void toypack_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct toypack *t = (struct toypack *)f;
    size_t i = 0;
    while (!t->named && i < n) {
        if (bytes[i] == '\n')
            begin_member(t);
        else if (t->n < NAME_MAX)
            t->name[t->n++] = (char)bytes[i];
        i++;
    }
    if (t->member && i < n)
        filter_data(t->member, bytes + i, n - i);
}

static void toypack_gap(struct filter *f, uint64_t n) {
    struct toypack *t = (struct toypack *)f;
    if (t->member)
        filter_gap(t->member, n);
}

static void toypack_end(struct filter *f, enum transfer_end how) {
    struct toypack *t = (struct toypack *)f;
    if (t->member)
        filter_end(t->member, how);
    free(t);
}

static const struct filter_ops toypack_ops = {.data = toypack_data, .gap = toypack_gap, .end = toypack_end};

static bool toypack_matches(const struct file_type *type, struct bytes declared) {
    (void)type;
    return bytes_equal(declared, bytes_text("application/x-toypack"));
}

static struct filter *toypack_create(struct unpack *u) {
    struct toypack *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->filter.ops = &toypack_ops;
    t->unpack = u;
    return &t->filter;
}

const struct unpacker unpacker_toypack = {
    .name = "toypack", .kind = UNPACK_FILE, .matches = toypack_matches, .create = toypack_create};
'''

# A header of eight octets; all the rest is pixels.
IMAGE = r'''/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

static void read_start(struct image *i) {
    image_rest(i, IMAGE_PIXELS);
}

const struct image_format image_toy = {.mimes = {"image/vnd.adobe.photoshop"}, .need = 8, .read = read_start};
'''


def ignored(folder, names):
    """What is no source: other builds, caches, the repository's own."""
    top = pathlib.Path(folder) == ROOT
    return [n for n in names if n in ('.git', '__pycache__') or (top and n.startswith('build'))]


class Tree:
    """A copy of the sources, changed by recipes."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        shutil.copytree(ROOT, self.path, symlinks=True, ignore=ignored)

    def write(self, name, text):
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text)

    def add_lines(self, name, at, *new, before=False):
        """Behind the first line that holds `at`, or before it."""
        lines = (self.path / name).read_text().split('\n')
        i = next(i for i, text in enumerate(lines) if at in text) + (not before)
        (self.path / name).write_text('\n'.join(lines[:i] + list(new) + lines[i:]))

    def files(self):
        return {str(p.relative_to(self.path)) for p in self.path.rglob('*')
                if p.is_file() and '__pycache__' not in p.parts and 'build' not in p.relative_to(self.path).parts[:1]}


def add_protocol(tree):
    tree.write('sensor/protocol/toy/toy.c', PROTOCOL)
    tree.write('sensor/protocol/toy/meson.build', "protocol_src += files('toy.c')\n")
    tree.add_lines('sensor/protocol/table.c', '#define PROTOCOLS(', '    PROTOCOL(toy, toy) \\')


def add_unpacker(tree):
    tree.write('sensor/content/unpack/toypack.c', UNPACKER)
    tree.add_lines('sensor/content/unpack/table.c', '#define UNPACKERS(', '    UNPACKER(toypack) \\')


def add_image(tree):
    tree.write('sensor/inspect/images/toy.c', IMAGE)
    tree.add_lines('sensor/inspect/images/formats.c', '#define IMAGE_FORMATS(', '    FORMAT(toy) \\')


def add_fact(tree):
    tree.add_lines('sensor/transfer/fact_table.h', 'FACT(COMMAND,',
                   '    FACT(COLOUR, "gantry.colour", "colour", 64, A | T, 7, WIRE, PLATES, GIVEN, NONE) \\')
    tree.add_lines('sensor/gantry-records.5', '.It Va gantry.command Pq', '.It Va gantry.colour Pq Li colour',
                   '[AT 7] the colour that a toy gave its file.', before=True)
    tree.add_lines('sensor/gantry-records.5', '.It Va gantry.command Ta', '.It Va gantry.colour Ta 64 Ta covered Ta', before=True)


# What is added, how, the folder or file that is its own, and what else it may change: by a line.
RECIPES = [
    ('a fact', add_fact, None, {'sensor/transfer/fact_table.h': 1, 'sensor/gantry-records.5': 3}),
    ('a protocol', add_protocol, 'sensor/protocol/toy/', {'sensor/protocol/table.c': 1}),
    ('an unpacker', add_unpacker, 'sensor/content/unpack/toypack.c', {'sensor/content/unpack/table.c': 1}),
    ('an image format', add_image, 'sensor/inspect/images/toy.c', {'sensor/inspect/images/formats.c': 1}),
]


def follow(tree, add):
    """The files that a recipe adds, and those that it changes, with the lines added to each."""
    with tempfile.TemporaryDirectory() as folder:
        before = pathlib.Path(folder) / 'before'
        shutil.copytree(tree.path, before, symlinks=True)
        add(tree)
        old = {str(p.relative_to(before)) for p in before.rglob('*') if p.is_file()}
        new = tree.files()
        changed = {n: len((tree.path / n).read_text().split('\n')) - len((before / n).read_text().split('\n'))
                   for n in sorted(new & old) if not filecmp.cmp(before / n, tree.path / n, shallow=False)}
        return sorted(new - old), changed


# Holds the table of facts, the manual and all formats against each other.
FACTS_TEST = 'tests/unit/test_report_format_facts'

CONFIG = '''sensor: {{name: toys, state: {state}}}
image-networks: [{{name: lanes, prefixes: [10.40.0.0/16]}}]
partners: [{{name: Plate Systems, prefixes: [198.51.100.0/24]}}]
rules: [{rules}]
outputs:
'''
OUTPUT = '  - {{format: {0}, to: "file:{1}/{0}", records: [alert, transfer, stats]}}\n'
PLATES = b'plate,state,lane\n' + b''.join(b'%c%c%c%04d,TX,4\n' % (65 + i * 7 % 23, 65 + i * 11 % 23, 65 + i * 5 % 23, (i * 3701 + 977) % 10000) for i in range(20))


def toys(name, *files):
    """One connection with these (name, type, bytes)."""
    talk = packets.Talk('10.40.3.7', '198.51.100.20', sport=7777, cport=41000).open()
    for file_name, kind, data in files:
        talk.send(0, b'TOY anna mauve %s %s %d\n' % (file_name, kind, len(data)) + data)
    packets.write(name, talk.close().frames())


def read(gantry, folder, capture):
    """What a gantry makes of a capture, by format."""
    folder = pathlib.Path(folder)
    folder.mkdir()
    os.chmod(folder, 0o777)  # the sensor's processes run as another user
    (folder / 'gantry.yaml').write_text(CONFIG.format(state=folder, rules=ROOT / 'rules') +
                                        ''.join(OUTPUT.format(f, folder) for f in FORMATS))
    environment = {**os.environ, 'XDG_CACHE_HOME': str(folder)}
    subprocess.run([gantry, '-c', folder / 'gantry.yaml', '-r', capture], check=True, env=environment,
                   stdout=subprocess.DEVNULL)
    return {f: (folder / f).read_text() if (folder / f).exists() else '' for f in FORMATS}


def transfers_of(text):
    records = [json.loads(line) for line in text.splitlines()]
    return {r['file']['name']: r for r in records if r['event']['action'] == 'transfer' and 'name' in r.get('file', {})}


class Recipes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix='gantry-recipes-')
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = pathlib.Path(cls.scratch.name)
        os.chmod(cls.folder, 0o755)
        cls.tree = Tree(cls.folder / 'tree')
        cls.touched = {what: follow(cls.tree, add) for what, add, _, _ in RECIPES}
        for what, (new, changed) in cls.touched.items():
            print(f'{what}: {len(new)} new ({", ".join(new) or "-"}), '
                  f'{len(changed)} changed ({", ".join(f"{n} by {lines}" for n, lines in changed.items())})')
        build = cls.tree.path / 'build'
        for command in (['meson', 'setup', build, '--buildtype=plain', '-Dwhole=false', '-Dwerror=true'],
                        ['ninja', '-C', build, 'sensor/gantry', FACTS_TEST]):
            done = subprocess.run(command, cwd=cls.tree.path, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stdout[-4000:] + done.stderr[-4000:])
        cls.capture = cls.folder / 'toys.pcap'
        toys(cls.capture, (b'reads.csv', b'text/csv', PLATES),
             (b'pack.toy', b'application/x-toypack', b'inside.csv\n' + PLATES),
             (b'photo.psd', b'image/vnd.adobe.photoshop', b'8BPS' + bytes(4) + bytes(range(256)) * 8))
        cls.out = read(build / 'sensor' / 'gantry', cls.folder / 'out', cls.capture)

    def test_a_recipe_touches_no_other_file_than_it_names(self):
        for what, _, own, lines in RECIPES:
            with self.subTest(what):
                new, changed = self.touched[what]
                self.assertEqual(changed, lines)
                self.assertEqual([n for n in new if not own or not n.startswith(own)], [])

    def test_transfers_of_the_new_protocol_come_out_in_every_format_with_the_new_fact(self):
        for name in FORMATS:
            with self.subTest(name):
                lines = [line for line in self.out[name].replace('\n ', ' ').splitlines() if 'reads.csv' in line]
                self.assertTrue(lines, self.out[name][:2000])
                self.assertTrue(any('mauve' in line for line in lines), lines)
                self.assertTrue(any('toy' in line for line in lines), lines)

    def test_the_new_protocol_is_the_network_protocol_of_its_transfers(self):
        found = transfers_of(self.out['json'])
        self.assertEqual(found['reads.csv']['network']['protocol'], 'toy')
        self.assertEqual(found['reads.csv']['gantry']['colour'], 'mauve')
        self.assertEqual(found['reads.csv']['file']['size'], len(PLATES))

    def test_the_new_fact_stands_in_the_manual_and_in_every_format_as_the_table_says(self):
        done = subprocess.run([self.tree.path / 'build' / FACTS_TEST], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_the_new_unpacker_finds_has_parent_and_facts(self):
        found = transfers_of(self.out['json'])
        parent, child = found['pack.toy'], found['inside.csv']
        self.assertEqual(child['gantry']['object']['parent'], parent['gantry']['object']['id'])
        self.assertEqual(child['gantry']['colour'], 'mauve')
        self.assertEqual(child['file']['size'], len(PLATES))
        self.assertEqual(child['file']['hash'], found['reads.csv']['file']['hash'])

    def test_the_new_image_format_steps_over_its_pixels(self):
        stats = [json.loads(line) for line in self.out['json'].splitlines()]
        pixels = [r['gantry']['stats']['inspect']['pixel_bytes'] for r in stats if 'stats' in r.get('gantry', {})]
        self.assertGreaterEqual(max(pixels), 2048)

    @unittest.skipUnless(GANTRY, 'needs the gantry of this build')
    def test_without_them_the_same_capture_gives_nothing(self):
        out = read(GANTRY, self.folder / 'without', self.capture)
        self.assertEqual(transfers_of(out['json']), {})
        self.assertTrue(out['json'])


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
