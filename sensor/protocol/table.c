/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp.h"
#include "protocol/http/http.h"
#include "protocol/protocol.h"
#include "protocol/socks.h"

const struct protocol *const protocol_table[] = {
    &protocol_http, &protocol_ftp, &protocol_ftp_data, &protocol_socks, NULL,
};
