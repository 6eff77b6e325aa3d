/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

const struct control_request control_requests[] = {
    {.name = "contracts", .usage = "", .answer = request_contracts},
    {.name = "status", .usage = "", .answer = request_status},
    {.name = "top", .usage = "", .answer = request_top},
    {.name = "reload", .usage = "", .answer = request_reload},
    {.name = "reload-status", .usage = "NUMBER", .least = 1, .most = 1, .answer = request_reload_status},
    {.name = "alert test", .usage = "", .answer = request_alert_test},
    {.name = "alert test-result",
     .usage = "NUMBER",
     .least = 1,
     .most = 1,
     .answer = request_alert_test_result},
    {0},
};
