# The part of micropython-lib's unittest that MicroPython's own tests of tls need, for trees
# without micropython-lib. run-tests.py reads the summary.

import sys


class TestCase:
    pass


def main():
    ran = 0
    errors = 0
    scope = __import__("__main__").__dict__
    for cls in list(scope.values()):
        if not isinstance(cls, type) or cls is TestCase or not issubclass(cls, TestCase):
            continue
        case = cls()
        for name in dir(cls):
            if name.startswith("test"):
                ran += 1
                try:
                    getattr(case, name)()
                except Exception as er:
                    sys.print_exception(er)
                    errors += 1
    print("-" * 70)
    print("Ran %d tests" % ran)
    print()
    print("FAILED (failures=0, errors=%d)" % errors if errors else "OK")
