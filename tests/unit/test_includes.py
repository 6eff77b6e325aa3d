#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who includes whom in sensor/: a stage includes no later one, and between the folders of a stage that has
several no include goes round. Run with the root of the sources."""
import pathlib
import re
import sys
import tempfile
import unittest

# In the order of the data path: each sees those before it.
STAGES = ("base settings capture decode flow stream mime transfer coding protocol content examine inspect policy tunnel channel "
          "report health control metrics config pipeline process").split()
# Folders of these depend on each other in one direction.
LAYERED = ["report"]


def included(root):
    """(file, file that it includes), as paths below sensor/."""
    sensor = pathlib.Path(root) / "sensor"
    for path in sorted(sensor.rglob("*.[ch]")):
        for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.M):
            beside = path.parent / name
            target = beside if beside.exists() else sensor / name
            if target.exists():
                yield path.relative_to(sensor), target.resolve().relative_to(sensor.resolve())


def unknown_stages(root):
    return sorted(p.name for p in (pathlib.Path(root) / "sensor").iterdir()
                  if p.is_dir() and p.name not in STAGES)


def later_stages(root):
    """Includes of a later stage; main.c is behind them all."""
    return [f"{source} includes {target}" for source, target in included(root)
            if len(source.parts) > 1 and target.parts[0] in STAGES
            and STAGES.index(target.parts[0]) > STAGES.index(source.parts[0])]


def folder(path):
    """"report/format" of report/format/nest.c, "report" of report/ask.c."""
    return "/".join(path.parts[:-1][:2])


def circles(root, stage):
    """Folders of the stage that reach themselves over others, with an include of each that does so."""
    edges = {}
    for source, target in included(root):
        if source.parts[0] == target.parts[0] == stage and folder(source) != folder(target):
            edges.setdefault(folder(source), {}).setdefault(folder(target), f"{source} includes {target}")

    def reaches(start, goal, seen):
        return any(step == goal or (step not in seen and reaches(step, goal, seen | {step}))
                   for step in edges.get(start, {}))

    return [why for source, targets in sorted(edges.items()) for target, why in sorted(targets.items())
            if reaches(target, source, {target})]


class Tree(unittest.TestCase):
    maxDiff = None
    root = "."

    def test_each_folder_of_sensor_is_a_stage_that_is_named_here(self):
        self.assertEqual([], unknown_stages(self.root))

    def test_no_stage_includes_a_later_one(self):
        self.assertEqual([], later_stages(self.root))

    def test_between_the_folders_of_a_stage_no_include_goes_round(self):
        for stage in LAYERED:
            with self.subTest(stage):
                self.assertTrue((pathlib.Path(self.root) / "sensor" / stage).is_dir())
                self.assertEqual([], circles(self.root, stage))


class Check(unittest.TestCase):
    """What the three checks say of trees that are made up."""

    def tree(self, files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, includes in files.items():
            path = pathlib.Path(folder.name) / "sensor" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f'#include "{i}"\n' for i in includes))
        return folder.name

    def test_a_stage_that_nobody_knows_is_told(self):
        self.assertEqual(["common"], unknown_stages(self.tree({"common/a.h": [], "base/b.h": []})))

    def test_an_include_of_a_later_stage_is_told_and_one_of_an_earlier_stage_is_none(self):
        root = self.tree({"flow/a.c": ["report/b.h", "base/c.h"], "report/b.h": ["base/c.h"], "base/c.h": []})
        self.assertEqual(["flow/a.c includes report/b.h"], later_stages(root))

    def test_two_folders_that_include_each_other_are_told(self):
        root = self.tree({"report/a/a.h": ["report/b/b.h"], "report/b/b.h": [], "report/b/b.c": ["report/a/a.h"]})
        self.assertEqual(["report/a/a.h includes report/b/b.h", "report/b/b.c includes report/a/a.h"],
                         circles(root, "report"))

    def test_a_stage_and_a_folder_of_it_that_include_each_other_are_told(self):
        root = self.tree({"report/r.h": ["report/a/a.h"], "report/a/a.h": [], "report/a/a.c": ["report/r.h"]})
        self.assertEqual(2, len(circles(root, "report")))

    def test_a_circle_of_three_folders_is_told(self):
        root = self.tree({"report/a/a.h": ["report/b/b.h"], "report/b/b.h": ["report/c/c.h"],
                          "report/c/c.h": ["report/a/a.h"]})
        self.assertEqual(3, len(circles(root, "report")))

    def test_a_folder_below_another_that_includes_it_one_way_is_fine(self):
        root = self.tree({"report/r.c": ["report/a/a.h", "report/b/b.h"], "report/a/a.h": ["report/b/b.h"],
                          "report/b/b.h": ["c.h"], "report/b/c.h": []})
        self.assertEqual([], circles(root, "report"))


if __name__ == "__main__":
    Tree.root = sys.argv.pop(1)
    unittest.main()
