"""Make the certificates of cases.py, and write them into a folder with cases.json, which x509_test.go reads.

Usage: generate.py FOLDER"""

import json
import os
import sys

from cases import cases, own


def main(folder):
    names = {}

    def write(data, kind):
        if data not in names:
            names[data] = "%04d.%s" % (len(names), kind)
            with open(os.path.join(folder, names[data]), "wb") as f:
                f.write(data)
        return names[data]

    def der(certificate):
        return certificate if isinstance(certificate, bytes) else certificate.der

    out = []
    for case in cases():
        steps = []
        for s in case.steps:
            chain = [write(der(c), "der") for c in s.chain]
            steps.append(
                {
                    "right": s.right,
                    "host": s.host,
                    "mode": s.mode,
                    "anchors": [write(der(c), "der") for c in s.anchors],
                    "chain": chain,
                    "key": write(s.key.pkcs8, "key") if s.key else "",
                    "at": s.at,
                    "repeat": s.repeat,
                }
            )
        out.append(
            {
                "name": case.name,
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
    for kind, data in ("der", own().der), ("key", own().key.pkcs8):
        with open(os.path.join(folder, "own." + kind), "wb") as f:
            f.write(data)
    with open(os.path.join(folder, "cases.json"), "w") as f:
        json.dump(out, f)


main(sys.argv[1])
