# The names in a stub, one a line: of the module, and of its classes as class.name, and so on of the
# classes in these. What begins with an underscore, or is only a type, is left out.
# Usage: stub_names.py FILE
import ast
import sys

ONLY_TYPES = {"Buffer", "Stream", "SSLSocket"}
tree = ast.parse(open(sys.argv[1]).read())
classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def names(body):
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets)


def members(node):
    yield from names(node.body)
    for base in node.bases:
        if base.id in classes:
            yield from members(classes[base.id])


def show(found, prefix=""):
    for name in found:
        if not name.startswith("_") and name not in ONLY_TYPES:
            print(prefix + name)


def show_classes(found, prefix=""):
    for node in found:
        name = node.name
        if not name.startswith("_") and (name not in ONLY_TYPES or name == "SSLSocket"):
            show(members(node), prefix + name + ".")
            inner = [part for part in node.body if isinstance(part, ast.ClassDef)]
            show_classes(inner, prefix + name + ".")


show(names(tree.body))
show_classes(classes.values())
