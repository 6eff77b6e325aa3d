# SPDX-License-Identifier: Apache-2.0
"""editcap.py reorder|drop|double SHARE SEED IN OUT: moves a share of the packets a few places back, leaves it out, or
sends it twice. Prints how many packets that were."""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'e2e'))
import captures  # noqa: E402


def main():
    kind, share, seed, source, target = sys.argv[1:]
    with open(source, 'rb', 1 << 20) as a, open(target, 'wb', 1 << 20) as b:
        print(captures.change(kind, float(share), random.Random(int(seed)), a, b))


if __name__ == '__main__':
    main()
