"""The table that is printed while it is measured, and the same for machines."""

import json
import statistics

WIDTH = 106


class Report:
    def __init__(self):
        self._document = {"facts": {}, "rows": []}
        self._section = None

    def head(self, facts):
        self._document["facts"] = dict(facts)
        for name, text in facts:
            print(f"{name:10} {text}")

    def section(self, title, busy, beside="bare loop"):
        """
        Begins a part of the table; `busy` is what others used of the machine just before, `beside`
        what is measured side by side.
        """
        self._section = title
        print(f"\n{title}  (before it, the machine was {busy:.0f} % busy)")
        print(f"  {'':44}{'measured':>14}{beside:>14}{'ratio':>8}  target")
        print("  " + "-" * (WIDTH - 2), flush=True)

    def row(self, what, value, unit, bare=None, ratio=None, target="", **more):
        """
        One line: the value measured, that of the bare loop beside it, one through the other, and
        what is aimed at, in words. What else is known goes to the machine-readable copy.
        """
        self._document["rows"].append(
            {"section": self._section, "what": what, "value": value, "unit": unit, "bare": bare,
             "ratio": ratio, "target": target, **more})
        ratio_text = "" if ratio is None else f"{ratio:.2f}"
        print(f"  {what:44}{show(value, unit):>14}{show(bare, unit):>14}{ratio_text:>8}  {target}",
              flush=True)

    def pairs(self, what, pairs, unit, target):
        """
        The same from several measurements, each with the bare loop's beside it. The ratio is the
        median of the pairs' ratios: what else the machine does comes and goes with both.
        """
        values, bares = zip(*pairs)
        ratios = [value / bare for value, bare in pairs]
        self.row(what, median(values), unit, median(bares), median(ratios),
                 f"{target}  (here {min(ratios):.2f} to {max(ratios):.2f})", pairs=pairs)

    def note(self, text):
        self._document["rows"].append({"section": self._section, "note": text})
        print(f"  {text}", flush=True)

    def save(self, path):
        with open(path, "w") as out:
            json.dump(self._document, out, indent=1)
            out.write("\n")


def show(value, unit):
    """A figure as people read it; nothing for None."""
    if value is None:
        return ""
    if unit == "us":
        if value < 1000:
            return f"{value:.0f} us"
        return f"{value / 1e3:.2f} ms" if value < 1e5 else f"{value / 1e6:.3f} s"
    if unit == "bytes":
        return f"{value:.0f} B" if value < 1e5 else f"{value / 2**20:.1f} MiB"
    digits = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
    return f"{digits} {unit}".replace(",", " ").rstrip()


def percentile(values, percent):
    """The smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def median(values):
    return statistics.median(values)
