/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"
#include "show.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const char help[] =
    "gantryctl top - where data goes, live\n"
    "\n"
    "Usage: gantryctl top [-c FILE | --socket PATH] [--interval SECONDS] [--once | --json]\n"
    "\n"
    "      --interval SECONDS  between two looks, 1 to 60; 2 if not given\n"
    "      --once         one look, as plain lines; so it is too when standard output is no "
    "terminal\n" CONTROL_HELP "\n"
    "Shows the destinations outside to which most has left the image networks in the last minutes, with "
    "alerts about\n"
    "them; packets, bytes and losses a second. Counted are transfers of which a rule held, and all others "
    "where an\n"
    "output takes transfer records. Keys: q ends.\n"
    "\n"
    "Try this:\n"
    "  gantryctl top\n"
    "  gantryctl top --once\n"
    "\n"
    "Exit status: 0 done, 1 the sensor did not answer (said on standard error), 2 usage.";

enum { HEAD_LINES = 6, LEAST_ROWS = 5, FIRST_MS = 500, ONCE_MS = 1000 };

/* Counters whose growth is shown a second. Add lines here. */
static const struct shown rates[] = {
    {"packets", "stats.capture.packets", SHOW_COUNT},
    {"bytes", "stats.capture.bytes", SHOW_BYTES},
    {"kernel drops", "stats.capture.kernel_drops", SHOW_COUNT},
    {"unseen bytes", "stats.stream.gap_bytes", SHOW_BYTES},
    {"findings", "stats.inspect.findings", SHOW_COUNT},
    {0},
};

static const struct shown totals[] = {
    {"flows", "stats.flow.open", SHOW_COUNT},
    {"incidents open", "stats.report.incidents_open", SHOW_COUNT},
    {"messages held", "stats.report.messages_held", SHOW_COUNT},
    {"loss", "stats.health.loss_ppm", SHOW_PPM},
    {0},
};

static const struct shown columns[] = {
    {"bytes/min", "minute.bytes", SHOW_BYTES},
    {"transfers", "minute.transfers", SHOW_COUNT},
    {"alerts", "minute.alerts", SHOW_COUNT},
    {"bytes/5 min", "window.bytes", SHOW_BYTES},
    {"transfers", "window.transfers", SHOW_COUNT},
    {"alerts", "window.alerts", SHOW_COUNT},
    {"verdict", "verdict", SHOW_TEXT},
    {"destination", "destination", SHOW_TEXT},
    {0},
};

static volatile sig_atomic_t ended;

static void on_signal(int number) {
    ended = number;
}

/* --- one look --- */

static void show_rates(const json_t *before, const json_t *now) {
    double ms = (double)(json_integer_value(show_find(now, "clock_ms")) -
                         json_integer_value(show_find(before, "clock_ms")));
    char text[SHOW_ROOM];
    printf("per second:");
    for (const struct shown *f = rates; f->label; f++) {
        json_int_t grown =
            json_integer_value(show_find(now, f->path)) - json_integer_value(show_find(before, f->path));
        show_number(ms > 0 && grown > 0 ? (double)grown * 1000 / ms : 0, f->as, text);
        printf("  %s %s", f->label, text);
    }
    putchar('\n');
}

static void show_totals(const json_t *now) {
    char text[SHOW_ROOM];
    printf("now:       ");
    for (const struct shown *f = totals; f->label; f++)
        printf("  %s %s", f->label, show_value(show_find(now, f->path), f->as, text));
    putchar('\n');
}

/* At most `rows` destinations. */
static void show_look(const json_t *before, json_t *now, size_t rows) {
    char name[SHOW_ROOM], interface[SHOW_ROOM], at[SHOW_ROOM];
    json_t *list = json_object_get(now, "destinations");
    while (json_array_size(list) > rows)
        json_array_remove(list, json_array_size(list) - 1);
    printf("gantry %s on %s, %s\n", show_value(show_find(now, "name"), SHOW_TEXT, name),
           show_value(show_find(now, "interface"), SHOW_TEXT, interface),
           show_value(show_find(now, "time"), SHOW_TIME, at));
    show_rates(before, now);
    show_totals(now);
    show_table("Destinations outside", list, columns);
}

static json_t *look_once(const struct control_client *c) {
    return control_ask(c, (const char *const[]){"top", NULL});
}

/* Waits; true when it is to end: a signal or the key q. */
static bool wait_or_end(unsigned ms, bool keys) {
    struct pollfd in = {.fd = keys ? STDIN_FILENO : -1, .events = POLLIN};
    char key = 0;
    int n = poll(&in, 1, (int)ms);
    if (n > 0 && read(STDIN_FILENO, &key, 1) <= 0)
        return true; /* the terminal is gone */
    return ended || key == 'q' || key == 'Q' || (n < 0 && errno != EINTR);
}

static int show_once(const struct control_client *c, unsigned ms) {
    json_t *before = look_once(c);
    if (!before)
        return EXIT_FAILED;
    if (c->json)
        return control_print(before);
    wait_or_end(ms, false);
    json_t *now = look_once(c);
    if (now)
        show_look(before, now, (size_t)-1);
    json_decref(before);
    json_decref(now);
    return now ? EXIT_DONE : EXIT_FAILED;
}

/* --- live --- */

static struct termios terminal;
static bool raw;

/* Keys come at once and are not shown; the other screen, so that what was there comes back. */
static void begin_screen(void) {
    struct sigaction act = {.sa_handler = on_signal};
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
    act.sa_handler = SIG_DFL;
    raw = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &terminal) == 0;
    if (raw) {
        struct termios t = terminal;
        t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &t);
    }
    fputs("\033[?1049h\033[?25l", stdout);
}

static void end_screen(void) {
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    if (raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

static size_t rows_left(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < HEAD_LINES + LEAST_ROWS)
        return LEAST_ROWS;
    return size.ws_row - HEAD_LINES;
}

/* Lines are not wrapped, and each is cleared behind its end by the screen's being cleared first. */
static void draw_screen(const json_t *before, json_t *now) {
    fputs("\033[H\033[J\033[?7l", stdout);
    show_look(before, now, rows_left());
    fputs("\033[?7h", stdout);
    fflush(stdout);
}

static int watch_live(const struct control_client *c, unsigned ms) {
    json_t *before = look_once(c);
    bool lost = false;
    if (!before)
        return EXIT_FAILED;
    begin_screen();
    for (unsigned wait = FIRST_MS; !wait_or_end(wait, raw); wait = ms) {
        json_t *now = look_once(c);
        lost = !now;
        if (lost)
            break;
        draw_screen(before, now);
        json_decref(before);
        before = now;
    }
    end_screen();
    json_decref(before);
    if (lost)
        fputs("gantryctl: the sensor does not answer any more\n", stderr);
    return lost ? EXIT_FAILED : EXIT_DONE;
}

static int run_top(int argc, char **argv) {
    struct control_client c;
    const char *interval = "2";
    bool plain = false;
    char *rest;
    const struct control_flag flags[] = {{"--interval", NULL, &interval}, {"--once", &plain, NULL}, {0}};
    int status = control_arguments(&top_command, flags, 0, argc, argv, &c);
    if (status)
        return status;
    unsigned long seconds = strtoul(interval, &rest, 10);
    if (*rest || seconds < 1 || seconds > 60)
        return command_usage(&top_command, "--interval takes seconds from 1 to 60, not %s", interval);
    plain |= c.json || !isatty(STDOUT_FILENO);
    return plain ? show_once(&c, ONCE_MS) : watch_live(&c, (unsigned)seconds * 1000);
}

const struct command top_command = {
    .name = "top",
    .summary = "live: where data goes, rates, losses",
    .help = help,
    .run = run_top,
};
