/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *current_role;
static enum log_level verbosity = LOG_LEVEL_INFO;

void log_role(const char *role) {
    current_role = role;
}

void log_verbosity(enum log_level most) {
    verbosity = most;
}

/* One write a line, so that lines of several processes do not mix. */
static void write_line(enum log_level level, const char *format, va_list args) {
    static const char *const prefix[] = {"", "warning: ", "", "debug: "};
    char line[1024];
    if (level > verbosity)
        return;
    int n = snprintf(line, sizeof line, "gantry%s%s: %s", current_role ? " " : "",
                     current_role ? current_role : "", prefix[level]);
    int more = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    size_t length = (size_t)n + (size_t)(more < 0 ? 0 : more);
    if (length > sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* nobody is left to tell */
}

#define LOG_FUNCTION(name, level)                                                                            \
    void name(const char *format, ...) {                                                                     \
        va_list args;                                                                                        \
        va_start(args, format);                                                                              \
        write_line(level, format, args);                                                                     \
        va_end(args);                                                                                        \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

bool error_set(struct error *e, const char *format, ...) {
    if (!e)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    return false;
}
