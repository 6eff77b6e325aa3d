#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No function of a program has the name of one that a library calls itself: the linker would let the library call
ours. Such names are the functions that an executable exports. Run with the executables."""
import pathlib
import subprocess
import sys
import tempfile
import unittest


def exported_functions(executable):
    lines = subprocess.run(["nm", "-D", "--defined-only", executable], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    return sorted(words[2] for words in map(str.split, lines) if len(words) == 3 and words[1] in "TWi")


class Symbols(unittest.TestCase):
    executables = []

    def test_no_function_of_ours_stands_in_for_a_librarys(self):
        self.assertTrue(self.executables)
        for executable in self.executables:
            self.assertEqual([], exported_functions(executable), executable)

    def test_a_function_with_the_name_of_one_that_libyaml_calls_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            source, program = pathlib.Path(folder) / "a.c", pathlib.Path(folder) / "a"
            source.write_text("#include <yaml.h>\n"
                              "void yaml_free(void *p) { (void)p; }\n"
                              "int main(void) { yaml_parser_t p; return !yaml_parser_initialize(&p); }\n")
            subprocess.run(["cc", "-o", program, source, "-lyaml"], check=True)
            self.assertEqual(["yaml_free"], exported_functions(program))


if __name__ == "__main__":
    Symbols.executables = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
