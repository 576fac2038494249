#!/usr/bin/env python3
"""Writes the golden files of canonical XML with libxml2, through ctypes.

usage: make.py [FOLDER [COUNT SEED]]

For each NAME.xml in the folder it writes what libxml2 makes of the element with Id="apex", or of the whole document
when there is none: NAME.inclusive, NAME.exclusive, and NAME.prefixes (exclusive, InclusiveNamespaces "a #default").
With COUNT it first fills the folder with random documents.
"""
import ctypes, pathlib, random, sys

lib = ctypes.CDLL("libxml2.so.2")
for name in "xmlReadMemory xmlXPathNewContext xmlXPathEvalExpression".split():
    getattr(lib, name).restype = ctypes.c_void_p

APEX = b"(//. | //@* | //namespace::*)[ancestor-or-self::*[@Id='apex']]"


class XPathObject(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("nodes", ctypes.c_void_p)]


def canonical(xml, subset, mode, prefixes=()):
    doc = ctypes.c_void_p(lib.xmlReadMemory(xml, len(xml), None, b"UTF-8", 0))
    assert doc.value, xml
    nodes = None
    if subset:
        context = ctypes.c_void_p(lib.xmlXPathNewContext(doc))
        found = ctypes.c_void_p(lib.xmlXPathEvalExpression(APEX, context))
        nodes = ctypes.c_void_p(ctypes.cast(found, ctypes.POINTER(XPathObject)).contents.nodes)
    names = (ctypes.c_char_p * (len(prefixes) + 1))(*prefixes, None)
    out = ctypes.c_void_p()
    size = lib.xmlC14NDocDumpMemory(doc, nodes, mode, names, 0, ctypes.byref(out))
    assert size >= 0, xml
    text = ctypes.string_at(out, size)
    lib.xmlFreeDoc(doc)
    return text


def random_document(rng):
    prefixes = ["", "a", "b", "c"]
    uris = ["urn:a", "urn:b", "urn:c", "http://example.org/%20"]
    texts = ["x", " ", "\n", "&#13;", "&#xD;\n", "&amp;&lt;>", "\t", "é\U0001f600", "<![CDATA[a<b>&c]]>", "\"'", "\r\n"]
    values = ["", "v", " a  b ", "&quot;'", "&#10;&#9;&#13;", "&lt;>&amp;", "é", "a\tb\nc"]
    left = [rng.randrange(2, 14)]
    placed = [False]

    def element(scope, depth):
        left[0] -= 1
        scope, declarations = dict(scope), []
        for prefix in prefixes:
            if rng.random() < 0.3:
                uri = rng.choice(uris + ([""] if not prefix else []))
                scope[prefix] = uri
                declarations.append(f'xmlns{":" * bool(prefix)}{prefix}="{uri}"')
        usable = [p for p in scope if p == "" or scope[p]] or [""]
        prefix = rng.choice(usable)
        name = (prefix + ":" if prefix else "") + rng.choice("efg")
        attributes, seen = [], set()
        for _ in range(rng.randrange(0, 4)):
            p, local = rng.choice(usable + ["xml"]), rng.choice("mnop")
            p, local = (p, rng.choice(["lang", "space", "base"])) if p == "xml" else (p, local)
            key = (scope.get(p) if p else "", local)
            if key not in seen:
                seen.add(key)
                value = "default" if local == "space" else rng.choice(values)
                attributes.append(f'{p}{":" * bool(p)}{local}="{value}"')
        if not placed[0] and depth and rng.random() < 0.5:
            placed[0] = True
            attributes.append('Id="apex"')
        parts = declarations + attributes
        rng.shuffle(parts)
        content = []
        while left[0] > 0 and depth < 5 and rng.random() < 0.75:
            content.append(rng.choice([
                lambda: element(scope, depth + 1), lambda: element(scope, depth + 1), lambda: rng.choice(texts),
                lambda: rng.choice(texts), lambda: "<!-- c -->", lambda: "<?pi  some data?>", lambda: "<?pi?>",
            ])())
        tag = " ".join([name] + parts)
        return f"<{tag}>{''.join(content)}</{name}>" if content or rng.random() < 0.5 else f"<{tag}/>"

    head = rng.choice(["", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "<!-- c --><?pi d?>\n"])
    return head + element({"": ""}, 0) + rng.choice(["", "\n", "<?end?><!-- c -->", "\n<?end d?>\n"])


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    if len(sys.argv) > 2:
        rng = random.Random(int(sys.argv[3]))
        for i in range(int(sys.argv[2])):
            (folder / f"random{i}.xml").write_bytes(random_document(rng).encode())
    for path in sorted(folder.glob("*.xml")):
        xml = path.read_bytes()
        subset = b'Id="apex"' in xml
        path.with_suffix(".inclusive").write_bytes(canonical(xml, subset, 0))
        path.with_suffix(".exclusive").write_bytes(canonical(xml, subset, 1))
        path.with_suffix(".prefixes").write_bytes(canonical(xml, subset, 1, [b"a", b"#default"]))


main()
