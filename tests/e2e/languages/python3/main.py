"""Sums a JSON list from stdin with the standard library, a module of its own, a file and a subprocess."""
import collections
import decimal
import json
import os
import subprocess
import sys

from shapes import area

orders = json.load(sys.stdin)
totals = collections.Counter()
for order in orders:
    totals[order["who"]] += decimal.Decimal(order["sum"])
for who, total in sorted(totals.items()):
    print(who, total)
print("area", area(3, 4))
print("args", sys.argv[1:])
print("unit", os.environ["UNIT"])
with open("note.txt", "w", encoding="utf-8") as f:
    f.write("grüße")
print(os.path.getsize("note.txt"), "bytes")
child = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True, check=True)
print("child", child.stdout.strip())
