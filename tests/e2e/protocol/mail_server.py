# SPDX-License-Identifier: Apache-2.0
"""mail_server.py FOLDER PORT [lmtp] - aiosmtpd on all addresses; each message that it takes is a file N.eml in FOLDER, as it came."""
import asyncio
import functools
import os
import sys

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

folder, port, *words = sys.argv[1:]


class Keep:
    count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        with open(f'{folder}/{self.count}.new', 'wb') as f:
            f.write(envelope.original_content)
        os.rename(f'{folder}/{self.count}.new', f'{folder}/{self.count}.eml')
        return '250 kept'


async def main():
    kind = functools.partial(LMTP if 'lmtp' in words else SMTP, Keep(), enable_SMTPUTF8=True, data_size_limit=1 << 28)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(kind, None, int(port))
    await server.serve_forever()

asyncio.run(main())
