/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

const struct control_request control_requests[] = {
    {.name = "status", .usage = "", .answer = request_status},
    {0},
};
