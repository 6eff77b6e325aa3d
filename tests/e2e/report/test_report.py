# SPDX-License-Identifier: Apache-2.0
"""gantryctl report --html: the page that goes to people, read as a browser shows it."""
import html
import html.parser
import os
import re
import subprocess

import lab as net
import material
import pytest
from PIL import Image
from test_http import curl, server, url  # noqa: F401

HOSTILE = 'Acme <script>alert(1)</script> & "Sons"'
MORE = f'''
  - name: '{HOSTILE}'
    prefixes: [203.0.113.0/24]
    contracts: [{{id: AC-1, from: 2020-01-01, until: 2099-12-31, classes: [image, vehicle-image], per-day: {{objects: 2}}}}]
'''
CHROMIUM = ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
            '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-extensions',
            '--hide-scrollbars']


class Page(html.parser.HTMLParser):
    """Tags with their attributes, and the text that a reader sees."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.words, self.skip = [], [], 0
        self.feed(source)
        self.text = re.sub(r'\s+', ' ', ' '.join(self.words))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.skip += tag == 'style'

    def handle_endtag(self, tag):
        self.skip -= tag == 'style'

    def handle_data(self, data):
        if not self.skip:
            self.words.append(data)

    def titles(self, style):
        """What marks of one colour say of themselves."""
        return sum(tag == 'rect' and a.get('class') == style and 'x' in a for tag, a in self.tags)


def browse(folder, page, *options):
    profile = os.path.join(folder, 'chromium')
    out = subprocess.run([*CHROMIUM, f'--user-data-dir={profile}', '--window-size=1100,1800', *options, f'file://{page}'],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, check=True)
    return out.stdout.decode()


@pytest.fixture(scope='module')
def page(lab, server, tmp_path_factory):
    """After two uploads to a partner without a contract, three to one whose limit is two, and one nobody knows of."""
    folder = str(tmp_path_factory.mktemp('report'))
    with net.Sensor(lab, folder) as sensor:
        pass
    with open(sensor.config) as f:
        text = f.read().replace('rules: [', MORE.lstrip('\n') + 'rules: [', 1)
    with open(sensor.config, 'w') as f:
        f.write(text)
    file = os.path.join(folder, 'page.html')
    with sensor:
        for seed, to in enumerate((net.UNAPPROVED, net.UNAPPROVED, net.UNKNOWN, net.UNKNOWN, net.UNKNOWN)):
            path = os.path.join(folder, f'L{seed}.jpg')
            data = material.lane_image(900 + seed)
            with open(path, 'wb') as f:
                f.write(data)
            curl(lab, '-T', path, url(to, '/in/'))
            sensor.wait_transfer(material.sha256(data))
        sensor.wait_alert(lambda a: a['gantry']['verdict'] == 'breach')
        net.run(net.GANTRYCTL, 'report', '-c', sensor.config, '--html', file)
    return folder, file


def test_the_page_stands_alone_and_is_for_its_owner(page):
    folder, file = page
    source = open(file).read()
    tags = Page(source).tags
    assert os.stat(file).st_mode & 0o777 == 0o600
    assert not [t for t, _ in tags if t in ('script', 'link', 'img', 'iframe', 'object', 'embed', 'form')]
    assert not [a for _, attributes in tags for a in attributes if a in ('src', 'href', 'srcset') or a.startswith('on')]
    assert '@import' not in source and 'url(' not in source
    policy = next(a['content'] for t, a in tags if a.get('http-equiv') == 'Content-Security-Policy')
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_a_browser_shows_incidents_destinations_contracts_and_what_was_not_seen(page):
    folder, file = page
    shown = Page(browse(folder, file, '--dump-dom'))
    text = shown.text
    assert 'Incidents over time' in text and 'Where it went' in text and 'What the sensor could not see' in text
    assert 'Plate Systems' in text and 'unapproved' in text and 'vehicle-image' in text
    assert re.search(r'AC-1 .*2 of 2 \(100 %\)|AC-1 .*3 of 2 \(150 %\)', text), 'the use of the contract and its limit'
    assert re.search(r'\b2 incidents opened', text), text[:400]
    sent = sum(os.path.getsize(os.path.join(folder, f'L{i}.jpg')) for i in range(2))
    assert f'Plate Systems: {sent / 1e3:.1f} kB unapproved' in text
    assert shown.titles('c-unapproved') >= 2 and shown.titles('c-breach') >= 2 and shown.titles('c-unknown') == 0


def test_a_partners_name_stays_text_and_plates_stay_out(page):
    folder, file = page
    source = open(file).read()
    assert '<script' not in source and 'Acme &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Sons&quot;' in source
    assert HOSTILE in Page(source).text
    label = html.unescape(re.search(r'text-anchor="end">(Acme[^<]*)</text>', source).group(1))
    assert label == HOSTILE[:32] + '\u2026', 'the bar of a long name is beside the start of it'


def test_the_charts_are_drawn_in_the_colours_of_the_verdicts(page):
    folder, file = page
    shot = os.path.join(folder, 'page.png')
    browse(folder, file, f'--screenshot={shot}')
    colours = dict((c, n) for n, c in Image.open(shot).convert('RGB').getcolors(1 << 24))
    assert colours.get((0xb3, 0x26, 0x1e), 0) > 1000, 'unapproved'
    assert colours.get((0xb9, 0x6a, 0x00), 0) > 1000, 'breach'
    assert colours.get((0x6b, 0x4f, 0xa0), 0) < 1000, 'unknown has its key in the legend alone'


def test_without_a_sensor_or_a_place_for_the_page_it_says_so(tmp_path):
    nobody = net.run(net.GANTRYCTL, 'report', '--socket', str(tmp_path / 'none'), '--html', str(tmp_path / 'page'),
                     check=False)
    assert nobody.returncode == 1 and not os.path.exists(tmp_path / 'page')
    assert net.run(net.GANTRYCTL, 'report', check=False).returncode == 2
