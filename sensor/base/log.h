/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_LOG_H
#define GANTRY_BASE_LOG_H

#include <stdbool.h>

/* Messages for the operator, one line each on standard error: "gantry: ...". Text from the wire never goes
 * here. Not for the packet path. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* `role` is prefixed to each line ("worker 1"); kept by reference; NULL for none. */
void log_role(const char *role);
void log_verbosity(enum log_level most);

__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_warning(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_debug(const char *format, ...);

/* One reason why something could not be done, in words that say what, where and how to mend it. */
struct error {
    char text[480];
};

/* Always returns false, so that a failing function can `return error_set(...)`. Accepts a NULL error. */
__attribute__((format(printf, 2, 3))) bool error_set(struct error *e, const char *format, ...);

#endif
