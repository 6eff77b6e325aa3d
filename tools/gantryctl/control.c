/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include "plain.h"

#include "base/utf8.h"
#include "settings/doc.h"
#include "settings/path.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PRESET_PATH "/run/gantry/control"
enum { WAIT_S = 10, REQUEST_MAX = 4096, ANSWER_MAX = 64 << 20, PATH_ROOM = 4096 };

/* --- arguments --- */

static const struct control_flag *find_flag(const struct control_flag *flags, const char *name) {
    for (; flags && flags->name; flags++)
        if (strcmp(flags->name, name) == 0)
            return flags;
    return NULL;
}

/* An option and its value; 0 or the exit status. */
static int take_option(const struct command *command, const struct control_flag *own,
                       const struct control_flag *common, char **argv, int *at) {
    const char *name = argv[*at];
    const struct control_flag *f = find_flag(own, name);
    if (!f)
        f = find_flag(common, name);
    if (!f)
        return command_usage(command, "%s is no option here", name);
    if (f->flag) {
        *f->flag = true;
        return 0;
    }
    if (!argv[*at + 1])
        return command_usage(command, "%s needs a value", name);
    *f->value = argv[++*at];
    return 0;
}

int control_arguments(const struct command *command, const struct control_flag *flags, size_t words, int argc,
                      char **argv, struct control_client *out) {
    *out = (struct control_client){.socket = NULL};
    const struct control_flag common[] = {{"--socket", NULL, &out->socket},
                                          {"--config", NULL, &out->config},
                                          {"-c", NULL, &out->config},
                                          {"--json", &out->json, NULL},
                                          {0}};
    bool options = true;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1]) {
            int status = take_option(command, flags, common, argv, &i);
            if (status)
                return status;
        } else if (out->count < words) {
            out->word[out->count++] = argv[i];
        } else {
            return command_usage(command, "%s is not expected", argv[i]);
        }
    }
    return 0;
}

/* --- where the sensor listens --- */

__attribute__((format(printf, 2, 3))) static bool fail(struct control_failure *f, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    return false;
}

/* sensor.control as the sensor understands it; the rest of the file is not looked at. */
static bool path_from_config(const char *file, char out[PATH_ROOM], struct control_failure *f) {
    struct problems problems = {0};
    struct arena arena;
    uint8_t room[PATH_ROOM];
    struct doc *document = doc_load(file, &problems);
    problems_print(&problems);
    problems_finish(&problems);
    if (!document) /* the mistake was said, and is all there is to mend */
        return fail(f, "%s", "");
    const struct doc_node *given = doc_get(doc_get(doc_root(document), "sensor"), "control");
    const char *text = given && given->kind == DOC_TEXT ? given->text : PRESET_PATH;
    arena_init(&arena, room, sizeof room);
    const char *path = path_beside(&arena, file, text);
    bool off = strcmp(text, "off") == 0;
    snprintf(out, PATH_ROOM, "%s", path ? path : text);
    doc_free(document);
    return !off || fail(f, "%s: sensor.control is off: this sensor takes no requests", file);
}

static bool find_path(const struct control_client *c, char out[PATH_ROOM], struct control_failure *f) {
    if (!c->socket && c->config)
        return path_from_config(c->config, out, f);
    snprintf(out, PATH_ROOM, "%s", c->socket ? c->socket : PRESET_PATH);
    return true;
}

/* --- the question --- */

static bool explain_failure(const char *path, int reason, struct control_failure *f) {
    struct stat st;
    char name[80] = "gantry";
    if (reason == EACCES || reason == EPERM) {
        const struct group *g = stat(path, &st) == 0 ? getgrgid(st.st_gid) : NULL;
        if (g)
            snprintf(name, sizeof name, "%s", g->gr_name);
        return fail(f, "%s: permission denied; run this as root, or join the group %s", path, name);
    }
    if (reason == ENOENT || reason == ECONNREFUSED || reason == ENOTDIR)
        return fail(f,
                    "no sensor listens at %s; start it (gantry -c FILE -i IFACE), or say with -c FILE or "
                    "--socket PATH where it is",
                    path);
    f->passing = reason == EAGAIN || reason == EINTR;
    return fail(f, "%s: %s; look at the sensor's log", path, strerror(reason));
}

/* A socket that gives up after WAIT_S seconds without a step. */
static int connect_to(const char *path, struct control_failure *f) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval wait = {.tv_sec = WAIT_S};
    if (strlen(path) >= sizeof address.sun_path) {
        fail(f, "%s: the path of a socket has at most 107 bytes; give a shorter one", path);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    explain_failure(path, errno, f);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* One line; the sensor refuses control characters, so those that would end a word may not be sent. */
static bool say_request(int fd, const char *path, const char *const *words, struct control_failure *f) {
    char line[REQUEST_MAX];
    size_t n = 0;
    for (size_t i = 0; words[i]; i++) {
        int more = snprintf(line + n, sizeof line - n, "%s%s", i ? "\t" : "", words[i]);
        if (strpbrk(words[i], "\t\n") || more < 0 || (size_t)more + 1 >= sizeof line - n)
            return fail(f, "\"%.60s\" holds a tab or a newline, or is too long", words[i]);
        n += (size_t)more;
    }
    line[n++] = '\n';
    /* Who is refused at once is told why. */
    return send(fd, line, n, MSG_NOSIGNAL) == (ssize_t)n || errno == EPIPE || explain_failure(path, errno, f);
}

/* Until the end of the stream. NULL after saying why. */
static char *hear_answer(int fd, const char *path, size_t *size, struct control_failure *f) {
    char *text = NULL;
    size_t room = 0;
    ssize_t n = 1;
    *size = 0;
    while (n > 0 && *size < ANSWER_MAX) {
        if (*size == room) {
            char *wider = realloc(text, room = room ? room * 2 : 65536);
            if (!wider)
                break;
            text = wider;
        }
        n = recv(fd, text + *size, room - *size, 0);
        *size += n > 0 ? (size_t)n : 0;
    }
    if (*size)
        return text;
    free(text);
    f->passing = true;
    if (n < 0 && errno != ECONNRESET)
        fail(f, "%s: the sensor does not answer: %s; look at its log", path, strerror(errno));
    else
        fail(f,
             "%s: the sensor closed the connection without an answer; run this as root or as a member of its "
             "group, and look at its log",
             path);
    return NULL;
}

static json_t *understand_answer(const char *text, size_t size, const char *path, struct control_failure *f) {
    json_error_t wrong;
    json_t *answer = json_loadb(text, size, 0, &wrong);
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (answer && !error)
        return answer;
    f->passing = !error;
    if (error)
        fail(f, "%s", error);
    else
        fail(f, "%s: the answer is cut short or no JSON: %s", path, wrong.text);
    json_decref(answer);
    return NULL;
}

bool control_present(const struct control_client *c) {
    char path[PATH_ROOM];
    struct control_failure f;
    struct stat st;
    return find_path(c, path, &f) && stat(path, &st) == 0;
}

json_t *control_try(const struct control_client *c, const char *const *words, struct control_failure *f) {
    char path[PATH_ROOM];
    size_t size;
    *f = (struct control_failure){.passing = false};
    int fd = find_path(c, path, f) ? connect_to(path, f) : -1;
    if (fd < 0)
        return NULL;
    char *text = say_request(fd, path, words, f) ? hear_answer(fd, path, &size, f) : NULL;
    json_t *answer = text ? understand_answer(text, size, path, f) : NULL;
    free(text);
    close(fd);
    return answer;
}

void control_complain(const struct control_failure *f) {
    if (!f->text[0])
        return;
    fputs("gantryctl: ", stderr);
    plain_print(stderr, f->text);
    fputc('\n', stderr);
}

json_t *control_ask(const struct control_client *c, const char *const *words) {
    struct control_failure f;
    json_t *answer = control_try(c, words, &f);
    if (!answer)
        control_complain(&f);
    return answer;
}

/* jansson writes characters as they are, of which some act on a terminal; newlines are the document's own. */
int control_print(json_t *answer) {
    char *text = json_dumps(answer, JSON_INDENT(2)), escaped[UTF8_ESCAPE_MAX];
    struct bytes left = bytes_text(text ? text : "");
    while (left.n) {
        uint32_t c;
        size_t n = utf8_next(left, &c);
        if (c != '\n' && utf8_hidden(c))
            fwrite(escaped, 1, utf8_escape(c, escaped), stdout);
        else
            fwrite(left.p, 1, n, stdout);
        left = bytes_of(left.p + n, left.n - n);
    }
    putchar('\n');
    free(text);
    json_decref(answer);
    return text ? EXIT_DONE : EXIT_FAILED;
}

int control_show(const struct control_client *c, const char *const *words,
                 void (*show)(const json_t *answer)) {
    json_t *answer = control_ask(c, words);
    if (!answer)
        return EXIT_FAILED;
    if (c->json)
        return control_print(answer);
    show(answer);
    json_decref(answer);
    return EXIT_DONE;
}
