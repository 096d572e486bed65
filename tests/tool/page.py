# SPDX-License-Identifier: Apache-2.0 OR MIT
"""page.py BASE: are BASE.html and BASE.svg well-formed and self-contained, with all that BASE.csv has?"""
import bisect
import csv
import html.parser
import json
import re
import sys
import xml.dom.minidom

CELLS = 20000
VOID = {"meta", "input", "br", "link", "img"}
LOADS = {"src", "href", "xlink:href", "data", "action", "poster", "srcset"}
failures = 0


def check(true, text):
    global failures
    if not true:
        print(f"{sys.argv[1].rsplit('/', 1)[-1]}: {text}")
        failures += 1


class Page(html.parser.HTMLParser):
    """Elements close in the order in which they open, and nothing is loaded."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.text = {"style": "", "script": "", "data": ""}
        self.feed(text)
        check(not self.open, f"not closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        check(tag not in {"link", "img", "iframe", "object", "base"}, f"<{tag}>")
        for name in LOADS & attrs.keys():
            check(attrs[name].startswith("#"), f"<{tag} {name}={attrs[name]}>")
        if tag not in VOID:
            self.open.append((tag, attrs.get("id")))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        check(self.open and self.open[-1][0] == tag, f"</{tag}> in {self.open[-3:]}")
        if self.open:
            self.open.pop()

    def handle_data(self, data):
        tag, name = self.open[-1] if self.open else (None, None)
        if name == "data":
            tag = name
        if tag in self.text:
            self.text[tag] += data


def check_picture(svg, ranges):
    picture = xml.dom.minidom.parseString(svg).documentElement
    check(picture.tagName == "svg" and picture.getElementsByTagName("title"), "it is no picture with a title")
    patterns = {p.getAttribute("id") for p in picture.getElementsByTagName("pattern")}
    for rect in picture.getElementsByTagName("rect"):
        name = re.fullmatch(r"url\(#(\w+)\)", rect.getAttribute("fill"))
        check(not name or name[1] in patterns, f"no pattern for {rect.getAttribute('fill')}")
    group = [g for g in picture.getElementsByTagName("g") if g.getAttribute("class") == "cells"][0]
    cells = group.getElementsByTagName("rect")
    check(len(cells) == len(ranges), f"{len(cells)} cells of {len(ranges)} ranges")
    right = bottom = 0
    for cell, (ipa, size) in zip(cells, ranges):
        title = cell.getElementsByTagName("title")[0].firstChild.data
        check(title.startswith(f"{ipa:#x}..{ipa + size - 1:#x}, "), f"the title of {ipa:#x} is '{title}'")
        x, y, width = (int(cell.getAttribute(name)) for name in ("x", "y", "width"))
        check(width >= 5, f"{ipa:#x} is {width} wide")
        check((x == right and y == bottom) or (x == 0 and y > bottom), f"{ipa:#x} is not beside the one before")
        right, bottom = x + width, y
        check(right <= 720, f"{ipa:#x} is outside of the picture")


def main(base):
    text, svg = (open(f"{base}.{kind}", encoding="ascii").read() for kind in ("html", "svg"))
    page = Page(text)
    check(svg in text, "the page's picture is another")
    check(not re.search(r"@import|url\((?!#)", page.text["style"] + svg), "a style loads something")
    check(not re.search(r"\b(fetch|XMLHttpRequest|import|WebSocket)\b", page.text["script"]), "the script loads something")
    check("</" not in page.text["data"], "the data can end its script")
    data = json.loads(page.text["data"])
    ranges = [(int(r["ipa"], 0), int(r["size"], 0)) for r in data["ranges"]]
    check_picture(svg, ranges)

    end = 0
    for ipa, size in ranges:
        check(ipa == end and size > 0, f"something is missing, or twice, before {ipa:#x}")
        end = ipa + size
    check(end == 1 << int(re.search(r"ipa=(\d+)", data["format"])[1]), "the IPA space ends elsewhere")

    with open(f"{base}.csv", newline="", encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    shown = {r["ipa"]: r for r in data["ranges"] if r["kind"] in ("leaf", "annotation")}
    joined = [r for r in data["ranges"] if r["kind"] == "several"]
    check(data["count"] == len(rows), f"{data['count']} ranges are counted, not {len(rows)}")
    check(len(ranges) <= CELLS, f"{len(ranges)} cells")
    check(len(shown) + data["joined"] == len(rows), f"{len(shown)} and {data['joined']} ranges of {len(rows)}")
    check(data["joined"] == sum(int(r["text"].split()[1]) for r in joined), "joined cells stand for others")
    check(joined or len(shown) == len(rows), "ranges are missing")
    # (Twice as many do not fit: nothing is joined in vain.)
    check(not joined or len(ranges) > CELLS / 4, f"{len(ranges)} cells are few")
    for row in rows:
        range_ = shown.get(row["ipa"])
        if not range_:
            at = data["ranges"][bisect.bisect_right(ranges, (int(row["ipa"], 0), 1 << 64)) - 1]
            check(at["kind"] == "several", f"{row['ipa']} is not in the page")
            continue
        for name in ("size", "kind", "level"):
            check(str(range_[name]) == row[name], f"{row['ipa']}: {name} is {range_[name]}, not {row[name]}")
        pa = range_["pa"] if row["kind"] == "leaf" else hex(int(range_["descriptor"], 0))
        check(pa == row["pa"], f"{row['ipa']}: PA is {pa}, not {row['pa']}")


main(sys.argv[1])
sys.exit(failures > 0)
