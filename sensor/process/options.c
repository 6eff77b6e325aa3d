/* SPDX-License-Identifier: Apache-2.0 */
#include "process/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_INSPECT_ALL = 256, OPTION_EVENTS, OPTION_CHECK, OPTION_CACHE, OPTION_VERSION };

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"interface", required_argument, NULL, 'i'},
    {"read", required_argument, NULL, 'r'},
    {"filter", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"workers", required_argument, NULL, 'w'},
    {"inspect-all", no_argument, NULL, OPTION_INSPECT_ALL},
    {"events", required_argument, NULL, OPTION_EVENTS},
    {"cache", required_argument, NULL, OPTION_CACHE},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static const char help_text[] =
    "gantry - sees images and plate or traveller records leave an image network, and tells the SOC\n"
    "\n"
    "  gantry [-c gantry.yaml] -i IFACE              watch a span port until stopped (needs root)\n"
    "  gantry [-c gantry.yaml] -r CAPTURE...         read captures (pcap, pcapng, - for stdin) and exit\n"
    "  gantry -c gantry.yaml --check                 load configuration and rules, say what is wrong where\n"
    "\n"
    "  -c, --config FILE       networks, partners, contracts, rules, outputs: see gantry.yaml(5)\n"
    "  -i, --interface IFACE   interface that the span port's copy arrives at\n"
    "  -r, --read CAPTURE      may be given again; files are read one after the other\n"
    "  -f, --filter BPF        look only at packets that this pcap-filter(7) expression accepts\n"
    "  -w, --workers N         processes that share the traffic by pairs of addresses\n"
    "      --inspect-all       inspect every transfer, whatever the networks say\n"
    "  -o, --output FORMAT:TARGET  an output beside the configured ones, may be given again:\n"
    "                          json:- json:file:PATH human:- rfc5424:udp://HOST:PORT rfc5424:tcp://HOST:PORT\n"
    "                          rfc5424:unix:/dev/log, and like tcp:// also tls://, relp:// and relp+tls://;\n"
    "                          cef, leef, ocsf and eve like rfc5424 and json\n"
    "      --events LIST       records that -o writes: alert,transfer,flow,stats,digest (alert if not given)\n"
    "      --check             check the configuration and exit; with -v say who gets what of the memory\n"
    "      --cache FOLDER      keep compiled rules there, so that the next start is quick; none: compile anew\n"
    "  -q, --quiet             no progress, no closing summary\n"
    "  -v, --verbose           say more about what the sensor does\n"
    "  -h, --help              this\n"
    "      --version           version\n"
    "\n"
    "Examples:\n"
    "  gantry --inspect-all -r evening.pcap -o json:- --events transfer | jq .file\n"
    "  gantry -c /etc/gantry/gantry.yaml -i eth1\n"
    "\n"
    "Exit status: 0 done, 1 could not run (one line says what, where and how to mend it), 2 usage.\n"
    "What leaves on a USB disk never crosses the span port: Gantry cannot see it.\n";

static bool say_mistake(int *status, const char *what, const char *value) {
    fprintf(stderr, "gantry: %s%s; see gantry --help\n", what, value);
    *status = 2;
    return false;
}

static bool add_value(const char **list, size_t *count, size_t most, const char *value) {
    if (*count == most)
        return false;
    list[(*count)++] = value;
    return true;
}

static bool parse_workers(const char *text, unsigned *out) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *out = (unsigned)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value >= 1 && value <= 64;
}

/* One option; false ends the parsing with *status. */
static bool take_option(struct options *o, int letter, int *status) {
    switch (letter) {
    case 'c':
        o->config = optarg;
        return true;
    case 'i':
        o->interface = optarg;
        return true;
    case 'f':
        o->filter = optarg;
        return true;
    case 'r':
        return add_value(o->files, &o->file_count, OPTIONS_FILES_MAX, optarg) ||
               say_mistake(status, "too many captures at ", optarg);
    case 'o':
        return add_value(o->outputs, &o->output_count, OPTIONS_OUTPUTS_MAX, optarg) ||
               say_mistake(status, "too many outputs at ", optarg);
    case 'w':
        return parse_workers(optarg, &o->workers) ||
               say_mistake(status, "-w takes a number from 1 to 64, not ", optarg);
    case 'q':
        o->quiet = true;
        return true;
    case 'v':
        o->verbose = true;
        return true;
    case OPTION_INSPECT_ALL:
        o->inspect_all = true;
        return true;
    case OPTION_EVENTS:
        o->events = optarg;
        return true;
    case OPTION_CHECK:
        o->check = true;
        return true;
    case OPTION_CACHE:
        o->cache = optarg;
        return true;
    case 'h':
        fputs(help_text, stdout);
        *status = 0;
        return false;
    case OPTION_VERSION:
        printf("gantry %s\n", GANTRY_VERSION);
        *status = 0;
        return false;
    case ':':
        return say_mistake(status, "a value is missing after ", optind > 0 ? "the last option" : "");
    default:
        return say_mistake(status, "unknown option", "");
    }
}

static bool check_options(const struct options *o, int *status) {
    if (o->check)
        return true;
    if (o->interface && o->file_count)
        return say_mistake(status, "-i and -r exclude each other", "");
    if (!o->interface && !o->file_count && !o->config)
        return say_mistake(status, "nothing to do: give -i IFACE or -r CAPTURE", "");
    if (o->events && o->output_count == 0)
        return say_mistake(status, "--events says what -o writes, and there is no -o", "");
    return true;
}

bool options_parse(struct options *o, int argc, char **argv, int *status) {
    int letter;
    opterr = 0;
    optind = 1;
    while ((letter = getopt_long(argc, argv, ":c:i:r:f:o:w:qvh", long_options, NULL)) != -1) {
        if (letter == '?')
            return say_mistake(status, "unknown option ", argv[optind - 1]);
        if (!take_option(o, letter, status))
            return false;
    }
    for (; optind < argc; optind++) {
        if (o->file_count == 0)
            return say_mistake(status, "unexpected argument ", argv[optind]);
        if (!add_value(o->files, &o->file_count, OPTIONS_FILES_MAX, argv[optind]))
            return say_mistake(status, "too many captures at ", argv[optind]);
    }
    return check_options(o, status);
}
