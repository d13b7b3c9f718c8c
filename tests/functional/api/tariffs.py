"""Tariffs for the small cloud: two, of which the second counts."""

from concertim_api.payloads import tariff_file

TARIFF = """\
name: {name}
currency: EUR
valid_from: 2026-01-01
discounts:
  - {{project: {physics}, percent: 10}}
  - {{project: {biology}, percent: 2.50}}
tax: {{name: VAT, percent: 19}}
rules:
  - name: all
    unit: compute
    for: {{kind: instance}}
    count: vcpu_hour
    price: 0.10
  - name: biology
    unit: compute
    for: {{kind: instance, project: {biology}}}
    count: vcpu_hour
    price: 0.05
  - name: GPUs
    unit: gpu
    for:
      kind: instance
      extra_spec: {{"hw:gpu": "[12]"}}
    count: extra_spec:hw:gpu
    started_hour: 0.25
    price:
      - {{up_to: 100, price: 2}}
      - {{price: 1.50}}
"""


def load(services, physics="p1", biology="p2"):
    """Load both tariffs; the first is valid for a year."""
    words = {"physics": physics, "biology": biology}
    year = "valid_until: 2027-01-01\n"
    for name, more in (("2026", year), ("2026-2", "")):
        text = TARIFF.format(name=name, **words) + more
        services.tariffs.load(tariff_file.load(text.encode()), "zoe")
