# SPDX-License-Identifier: Apache-2.0
"""starttls.py PROTOCOL ADDRESS CERT KEY [SECONDS] - a server on port 2525 that knows how its protocol comes to TLS, and then takes all that
comes. SECONDS: how long it thinks before each answer."""
import re
import socket
import ssl
import sys
import time

protocol, address, cert, key = sys.argv[1:5]
pause = float(sys.argv[5]) if len(sys.argv) > 5 else 0
# What is said first, and in turn (what the client says, what is answered); after the last one comes TLS.
TALKS = {
    'smtp': (b'220 a ESMTP\r\n', [(rb'EHLO.*\n', b'250-a\r\n250 STARTTLS\r\n'), (rb'STARTTLS\r\n', b'220 go\r\n')]),
    'imap': (b'* OK a\r\n', [(rb'. CAPABILITY\r\n', b'* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK\r\n'), (rb'. STARTTLS\r\n', b'. OK\r\n')]),
    'pop3': (b'+OK a\r\n', [(rb'STLS\r\n', b'+OK\r\n')]),
    'ftp': (b'220 a\r\n', [(rb'AUTH TLS\r\n', b'234 go\r\n')]),
    'nntp': (b'200 a\r\n', [(rb'CAPABILITIES\r\n', b'101 a\r\nSTARTTLS\r\n.\r\n'), (rb'STARTTLS\r\n', b'382 go\r\n')]),
    'xmpp': (b'', [(rb'<stream:stream.*>', b"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' version='1.0'>"
                    b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"), (rb'<starttls.*>', b'<proceed/>')]),
    'postgres': (b'', [(rb'\0\0\0\x08\x04\xd2\x16\x2f', b'S')]),
    # Protocol 10, capabilities with TLS, secure connection and plugins (the packet that a server of 8.0 begins with).
    'mysql': (b'\x4a\0\0\0\x0a8.0.32\0\x08\0\0\0abcdefgh\0\xff\xff\xff\2\0\xff\xdf\x15' + bytes(10) + b'abcdefghijkl\0'
              b'caching_sha2_password\0', [(rb'(?s)\x20\0\0\x01.{32}', b'')]),
    'ldap': (b'', [(rb'(?s).*1\.3\.6\.1\.4\.1\.1466\.20037', b'0\x0c\2\1\1x\x07\x0a\1\0\4\0\4\0')]),
}
first, turns = TALKS[protocol]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
with socket.create_server((address, 2525)) as listener:
    while True:
        connection, _ = listener.accept()
        try:
            connection.settimeout(10)
            connection.sendall(first)
            for wanted, answer in turns:
                said = b''
                while not re.search(wanted, said):
                    more = connection.recv(1)  # what is behind it is TLS already
                    if not more:
                        raise OSError('gone')
                    said += more
                time.sleep(pause)
                connection.sendall(answer)
            with context.wrap_socket(connection, server_side=True) as sealed:
                while sealed.recv(65536):
                    pass
        except OSError:
            connection.close()
