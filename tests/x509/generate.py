"""Make the certificates of cases.py, and write them into a directory with cases.json, which
x509_test.go reads.

Usage: generate.py DIRECTORY"""

import json
import os
import sys

from cases import NONE, cases, own


def main(directory):
    names = {}

    def write(data, kind):
        if data not in names:
            names[data] = "%04d.%s" % (len(names), kind)
            with open(os.path.join(directory, names[data]), "wb") as f:
                f.write(data)
        return names[data]

    def pair(certificate, key):
        """Both in files whose names differ in their endings."""
        name = "own%04d" % len(names)
        for data, kind in (certificate.der, "der"), (key.pkcs8, "key"):
            names[name + kind] = name
            with open(os.path.join(directory, "%s.%s" % (name, kind)), "wb") as f:
                f.write(data)
        return name

    def der(certificate):
        return certificate if isinstance(certificate, bytes) else certificate.der

    ours = pair(own(), own().key)
    out = []
    for case in cases():
        steps = []
        for s in case.steps:
            if case.side == "own":
                steps.append(
                    {
                        "right": s.right,
                        "mode": NONE,
                        "anchors": [],
                        "chain": [],
                        "own": pair(s.chain[0], s.key),
                    }
                )
                continue
            chain, *chains = (
                [write(der(c), "der") for c in chain] for chain in (s.chain, *s.chains)
            )
            steps.append(
                {
                    "right": s.right,
                    "own": ours,
                    "host": s.host,
                    "mode": s.mode,
                    "anchors": [write(der(c), "der") for c in s.anchors],
                    "chain": chain,
                    "key": write(s.key.pkcs8, "key") if s.key else "",
                    "at": s.at,
                    "repeat": s.repeat,
                    "chains": chains,
                }
            )
        out.append(
            {
                "name": case.name,
                "group": case.group,
                "side": case.side,
                "table": case.table,
                "versions": case.versions,
                "peer": case.peer,
                "steps": steps,
                "why": case.why,
                "none": case.none,
                "exceptions": case.exceptions,
            }
        )
    with open(os.path.join(directory, "cases.json"), "w") as f:
        json.dump(out, f)


main(sys.argv[1])
