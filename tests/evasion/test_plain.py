# SPDX-License-Identifier: Apache-2.0
"""What nobody hides: the cases' own ground. If one of these fails, look here first."""
from case import CSV, JPG, CREATED, case, cases, download, put, upload
from wire import CLIENT6, SERVER6

test_pictures = cases(JPG, {
    'an upload': upload,
    'a download by a partner': download,
    'an upload over IPv6': lambda w, f: upload(w, f, client=CLIENT6, server=SERVER6),
    'an upload in segments of 90 bytes': lambda w, f: upload(w, f, mss=90),
})

test_records = cases(CSV, {
    'an upload': upload,
    'a download by a partner': download,
})


@case(JPG)
def test_two_uploads_on_one_connection(w, f):
    w.tcp().open().client(put(f)).server(CREATED).client(put(f)).server(CREATED).close()


@case(JPG, whole=False)
def test_a_connection_seen_from_its_second_kilobyte_on(w, f):
    t = w.tcp()
    t.skip(0, 1000)
    t.client(put(f)).server(CREATED).close()
