/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_sections.h"

#define FIELD(field) .offset = offsetof(struct sandbox_options, field)

/* clang-format off */
const struct setting sandbox_settings[] = {
    {.key = "seccomp", .restart = true, .type = SETTING_BOOL, FIELD(seccomp), .preset = "on",
     .help = "kill a process that makes a system call its role does not need; off is for old kernels, and warns"},
    {.key = "landlock", .restart = true, .type = SETTING_BOOL, FIELD(landlock), .preset = "on",
     .help = "close the file system but for what a role needs; off is for old kernels, and warns"},
    {.key = "user", .restart = true, .type = SETTING_TEXT, FIELD(user),
     .help = "account that a sensor started as root becomes; gantry if there is such an account, else nobody"},
    {0},
};
/* clang-format on */
