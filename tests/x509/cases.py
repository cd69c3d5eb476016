"""The table of certificates: which stack accepts what, and why.

The rule for the right answer: nothing is accepted that the built-in mbedTLS refuses, unless
OpenSSL and the RFCs accept it and it is no weakness; nothing is refused that both accept; where
they differ, the built-in decides."""

import datetime
import functools
import itertools

import der
from der import (
    NOW,
    SECOND,
    DAY,
    Key,
    alternative_names,
    authority_key_identifier,
    basic_constraints,
    certificate,
    extended_key_usage,
    key_usage,
    name,
    name_constraints,
    subject_key_identifier,
    unknown,
)

NONE, OPTIONAL, REQUIRED = 0, 1, 2
ACCEPT, REFUSE = "accept", "refuse"
EITHER = "either"  # the rule allows both: the reason says why
TLS = ["1.2", "1.3"]
ALL = TLS + ["dtls1.2"]
HOST = "www.example.com"


class Step:
    def __init__(self, right, chain, anchors, *, host, key, mode, at, repeat, chains):
        self.right, self.host, self.mode = right, host, mode
        self.chain, self.anchors = chain, anchors
        self.key = key or (chain[0].key if chain else None)
        self.at = at.strftime("%Y-%m-%d %H:%M:%S") if at else None
        self.repeat, self.chains = repeat, chains


class Case:
    def __init__(self, name, side, steps, why, table, versions, none, exceptions, peer):
        self.name, self.side, self.steps, self.why = name, side, steps, why
        self.table, self.peer = table, peer
        self.versions, self.none, self.exceptions = versions, none, exceptions


ALL_CASES = []
# What some versions of wolfSSL cannot do: from or before a version, over some versions of TLS.
EXCEPTIONS = {
    "DER": {
        "answer": REFUSE,
        "why": "wolfSSL does not read lengths that are not minimal",
    },
    "RDN": {
        "from": "5.7.2",
        "answer": REFUSE,
        "why": "wolfSSL does not read sets of several attributes",
    },
    "RSA": {
        "before": "5.7.2",
        "tls": ["1.2", "dtls1.2"],
        "answer": REFUSE,
        "why": "its CertificateRequest names only the signatures that a server of its own kind of"
        " key could make: a P-256 server gets no RSA certificate",
    },
}


def step(right, chain, anchors=(), *, host=HOST, key=None, mode=REQUIRED, at=None, repeat=0,
    chains=()):
    """A connection. repeat: so many more follow, with the chains in turn, all of one key."""
    return Step(right, list(chain), list(anchors), host=host, key=key, mode=mode, at=at,
        repeat=repeat, chains=chains)


def add(side, name, right, why, chain=None, anchors=(), *, steps=None, table=False, versions=None,
    none=ACCEPT, exceptions=(), peer="", **options):
    """A case of one connection with the chain that the peer sends, or of several (steps) with one
    context."""
    steps = steps or [step(right, chain, anchors, **options)]
    for s in steps:
        if side == "client":
            s.host = None
    if side == "server":
        exceptions = [e for e in exceptions if e != "RSA"]
    versions = versions or (ALL if table else TLS)
    ALL_CASES.append(Case(name, side, steps, why, table, versions, none,
        [EXCEPTIONS[e] for e in exceptions], peer))


def server(*args, **options):
    add("server", *args, **options)


def client(*args, **options):
    add("client", *args, **options)


def both(name, right, why, chain=None, anchors=(), *, steps=None, **options):
    """A case of a server's certificate and one of a client's: the chains are the same for both."""
    for side in ("server", "client"):
        again = None
        if steps:
            again = [copy(s) for s in steps]
        add(side, name, right, why, chain, anchors, steps=again, **options)


def with_article(kind):
    return ("an " if kind in ("RSA", "Ed25519") else "a ") + kind


def copy(s):
    new = Step.__new__(Step)
    new.__dict__.update(s.__dict__)
    return new


@functools.cache
def rsa(bits, n=0):
    return Key("rsa%d" % bits)


def ca(cn, issuer=None, key=None, *, path=None, extra=(), extensions=None, identifiers=True,
    usages=("keyCertSign", "cRLSign"), constraints=True, **options):
    """A certificate authority; without an issuer it is a root."""
    key = key or Key("p256")
    if extensions is None:
        extensions = [basic_constraints(True, path)] if constraints else []
        if usages:
            extensions.append(key_usage(*usages))
        if identifiers:
            extensions.append(subject_key_identifier(key.identifier()))
            extensions.append(authority_key_identifier(
                (issuer.key if issuer else key).identifier()))
        extensions += extra
    return certificate(name("O=mpwolf tests", "CN=" + cn), key, issuer, extensions, **options)


def leaf(issuer=None, *names, key=None, cn="leaf", subject=None, usages=("digitalSignature",),
    constraints=False, purposes=("serverAuth", "clientAuth"), extra=(), extensions=None,
    identifiers=True, alternatives=True, **options):
    """An end's certificate, for HOST unless names say otherwise; without an issuer it signs
    itself."""
    key = key or Key("p256")
    if extensions is None:
        extensions = []
        if constraints is not None:
            extensions.append(basic_constraints(constraints or None, critical=True))
        if usages:
            extensions.append(key_usage(*usages))
        if purposes:
            extensions.append(extended_key_usage(*purposes))
        if alternatives:
            extensions.append(alternative_names(*(names or ("dns:" + HOST,))))
        if identifiers:
            extensions.append(subject_key_identifier(key.identifier()))
            extensions.append(authority_key_identifier(
                (issuer.key if issuer else key).identifier()))
        extensions += extra
    return certificate(subject or name("CN=" + cn), key, issuer, extensions, **options)


@functools.cache
def own():
    """What the side under test presents as a server."""
    return leaf(root(), "dns:localhost")


@functools.cache
def root():
    return ca("root")


@functools.cache
def other_root():
    return ca("other root")


@functools.cache
def intermediate():
    return ca("intermediate", root())


@functools.cache
def good():
    return leaf(root())


GROUPS = (
    ("Ordinary chains", "ordinary"),
    ("Anchors and pinned certificates", "anchors"),
    ("Authorities and how they are found", "authorities"),
    ("One context, several connections", "reuse"),
    ("Paths", "paths"),
    ("Weak keys and hashes", "weak"),
    ("Signatures", "signatures"),
    ("Dates", "dates"),
    ("What a key is for", "usages"),
    ("Name constraints", "constraints"),
    ("Extensions", "extensions"),
    ("Forms of a certificate", "forms"),
    ("Verify modes", "modes"),
    ("Our own certificate and key", "keys"),
    ("DNS names", "dns_names"),
    ("IP addresses", "addresses"),
    ("Common names", "common_names"),
    ("Odd names", "odd_names"),
)


def cases():
    if not ALL_CASES:
        for title, function in GROUPS:
            start = len(ALL_CASES)
            globals()[function]()
            for case in ALL_CASES[start:]:
                case.group = title
        check_names()
    return ALL_CASES


def check_names():
    seen = set()
    for c in ALL_CASES:
        if (c.name, c.side) in seen:
            raise ValueError("two cases %r of a %s" % (c.name, c.side))
        seen.add((c.name, c.side))


def ordinary():
    both("a leaf of a root", ACCEPT, "RFC 5280 6.1", [good()], [root()], versions=ALL)
    both("a leaf of a root that is sent too", ACCEPT, "RFC 8446 4.4.2: the root may be left out",
        [good(), root()], [root()])
    both("a leaf of an unknown root", REFUSE, "RFC 5280 6.1: no path to an anchor",
        [leaf(other_root())], [root()], versions=ALL)
    both("a leaf of an unknown root that is sent too", REFUSE,
        "RFC 5280 6.1: a root that the peer sends is not an anchor",
        [leaf(other_root()), other_root()], [root()])
    both("no anchor at all", REFUSE, "RFC 5280 6.1: no anchor", [good()], [])
    both("a self-signed leaf", REFUSE, "RFC 5280 6.1: it is not trusted", [leaf()], [root()])
    both("an unknown self-signed CA as the leaf", REFUSE, "RFC 5280 6.1: it is not trusted",
        [ca("self")], [root()])
    both("one intermediate", ACCEPT, "RFC 5280 6.1", [leaf(intermediate()), intermediate()],
        [root()], versions=ALL)
    both("one intermediate that is missing", REFUSE, "RFC 5280 6.1: no path",
        [leaf(intermediate())], [root()])
    both("two anchors, the second one", ACCEPT, "RFC 5280 6.1", [leaf(other_root())],
        [root(), other_root()])
    for what in ("a P-384", "a P-521", "an Ed25519"):
        kind = what.split()[1].lower().replace("-", "")
        r = ca("root " + kind, key=Key(kind))
        why = "RFC 5480" if kind[0] == "p" else "RFC 8410: no weakness, and OpenSSL accepts it"
        both(what + " root and leaf", ACCEPT, why, [leaf(r, key=Key(kind))], [r])
    r = ca("root rsa", key=rsa(2048))
    both("an RSA-2048 root and leaf", ACCEPT, "RFC 3279", [leaf(r, key=rsa(2048, 1))], [r],
        table=True, exceptions=["RSA"])
    both("an RSA-2048 root, a P-256 leaf", ACCEPT, "RFC 3279", [leaf(r)], [r])
    both("a P-256 root, an RSA-2048 leaf", ACCEPT, "RFC 3279", [leaf(root(), key=rsa(2048, 1))],
        [root()], exceptions=["RSA"])
    client("no certificate", REFUSE, "CERT_REQUIRED", [], [root()], versions=ALL)
    client("no certificate, optional", ACCEPT, "CERT_OPTIONAL", [], [root()], mode=OPTIONAL,
        versions=ALL)


def anchors():
    why = "a certificate that is not a CA vouches only for itself (RFC 5280 6.1.4 k)"
    pinned = leaf(cn="pinned")
    both("a self-signed pinned certificate", ACCEPT, "what is loaded is trusted", [pinned],
        [pinned], table=True)
    both("a self-signed pinned certificate signs another", REFUSE, why, [leaf(pinned)],
        [pinned], table=True)
    both("a self-signed pinned certificate signs another, and is sent", REFUSE, why,
        [leaf(pinned), pinned], [pinned])
    issued = leaf(other_root(), cn="pinned, issued")
    partial = (
        "the built-in accepts a pinned certificate only if it is self-signed, OpenSSL (with"
        " partial chains) accepts any: no weakness")
    both("a pinned certificate of an unknown CA", EITHER, partial, [issued], [issued])
    both("a pinned certificate of an unknown CA, which is sent", EITHER, partial,
        [issued, other_root()], [issued])
    both("a pinned certificate of an unknown CA signs another", REFUSE, why, [leaf(issued)],
        [issued], table=True)
    both("a pinned certificate of an unknown CA, and another of that CA", REFUSE,
        "the CA is not trusted", [leaf(other_root()), other_root()], [issued])
    bare = leaf(cn="pinned, without basicConstraints", constraints=None)
    both("a pinned certificate without basicConstraints", ACCEPT, "what is loaded is trusted",
        [bare], [bare])
    both("a pinned certificate without basicConstraints signs another", REFUSE, why, [leaf(bare)],
        [bare], table=True)
    v1 = leaf(cn="pinned v1", subject=name("CN=" + HOST), extensions=[], version=1)
    both("a pinned certificate of version 1", ACCEPT, "what is loaded is trusted", [v1], [v1],
        table=True)
    v1_issued = leaf(other_root(), subject=name("CN=" + HOST), extensions=[], version=1)
    both("a pinned certificate of version 1 of an unknown CA", EITHER, partial, [v1_issued],
        [v1_issued])
    zero = leaf(cn="pinned 0", serial=0)
    both("a pinned certificate with serial number 0", ACCEPT,
        "RFC 5280 4.1.2.2: be prepared to handle it", [zero], [zero], table=True)
    v1_zero = leaf(cn="pinned v1 0", subject=name("CN=" + HOST), extensions=[], version=1,
        serial=0)
    both("a pinned certificate of version 1 with serial number 0", ACCEPT,
        "RFC 5280 4.1.2.2: be prepared to handle it", [v1_zero], [v1_zero], table=True)
    both("a pinned certificate and a root", ACCEPT, "what is loaded is trusted", [good()],
        [pinned, root()])
    twin = leaf(cn="pinned", key=Key("p256"))
    both("the name of a pinned certificate, another key", REFUSE, "another certificate", [twin],
        [pinned], table=True)
    renewed = leaf(cn="pinned", key=pinned.key)
    both("the key and name of a pinned certificate, another certificate", REFUSE,
        "the built-in compares the whole certificate; the pinned one is not a CA", [renewed],
        [pinned])
    expired = leaf(cn="pinned, expired", start=-20, end=-1)
    both("a pinned certificate that has expired", REFUSE, "RFC 5280 6.1.3: the leaf's dates apply",
        [expired], [expired])
    wrong = leaf(None, "dns:other.example.com", cn="pinned for another")
    server("a pinned certificate for another name", REFUSE,
        "RFC 6125: the name is still checked", [wrong], [wrong])
    client("a pinned certificate for another name", ACCEPT, "names of clients are not checked",
        [wrong], [wrong])
    unused = ca("no keyCertSign", usages=("digitalSignature", "cRLSign"))
    both("an anchor without keyCertSign signs another", REFUSE, "RFC 5280 6.1.4 n",
        [leaf(unused)], [unused], table=True)
    v3 = ca("no basicConstraints", constraints=False)
    both("an anchor without basicConstraints signs another", REFUSE, "RFC 5280 6.1.4 k",
        [leaf(v3)], [v3], table=True)
    v3 = ca("nothing", extensions=[])
    both("an anchor of version 3 without extensions signs another", REFUSE, "RFC 5280 6.1.4 k",
        [leaf(v3)], [v3])
    bare_ca = ca("no keyUsage", usages=())
    both("an anchor without keyUsage", ACCEPT, "RFC 5280 4.2.1.3: then all usages are allowed",
        [leaf(bare_ca)], [bare_ca])
    v1_ca = ca("root v1", extensions=[], version=1)
    both("a root of version 1", ACCEPT, "the built-in and OpenSSL accept it as an anchor",
        [leaf(v1_ca)], [v1_ca], table=True)
    v1_int = ca("intermediate v1", root(), extensions=[], version=1)
    both("an intermediate of version 1", REFUSE, "RFC 5280 6.1.4 k", [leaf(v1_int), v1_int],
        [root()], table=True)
    v1_anchor = ca("anchor v1", other_root(), extensions=[], version=1)
    both("an anchor of version 1 that is not self-signed signs another", EITHER,
         "the built-in accepts it, OpenSSL does not: it is not a root", [leaf(v1_anchor)],
         [v1_anchor])
    both("a trusted intermediate", ACCEPT, "what is loaded is trusted", [leaf(intermediate())],
        [intermediate()])
    both("a trusted intermediate that is sent", ACCEPT, "what is loaded is trusted",
        [leaf(intermediate()), intermediate()], [intermediate()])
    both("a trusted intermediate, its root sent", ACCEPT, "what is loaded is trusted",
         [leaf(intermediate()), intermediate(), root()], [intermediate()])
    both("a trusted intermediate, another leaf of the root", REFUSE, "its root is not trusted",
        [good(), root()], [intermediate()])
    sub = ca("sub", intermediate())
    both("a trusted intermediate and one below", ACCEPT, "what is loaded is trusted",
        [leaf(sub), sub], [intermediate()])
    both("both the root and the intermediate are trusted, neither sent", ACCEPT, "RFC 5280 6.1",
        [leaf(intermediate())], [root(), intermediate()])
    old = ca("expired root", start=-20, end=-1)
    both("an anchor that has expired", REFUSE, "the built-in and OpenSSL check an anchor's dates",
        [leaf(old)], [old])
    young = ca("future root", start=1, end=20)
    both("an anchor that is not valid yet", REFUSE,
        "the built-in and OpenSSL check an anchor's dates", [leaf(young)], [young])
    both("an anchor that has expired, and another", ACCEPT, "RFC 5280 6.1", [good()],
        [old, root()])
    both("the same anchor twice", ACCEPT, "RFC 5280 6.1", [good()], [root(), root()])
    self_leaf = ca("self", extra=[alternative_names("dns:" + HOST)])
    both("a root that is the leaf too, without digitalSignature", REFUSE,
        "RFC 8446 4.4.2.2: the key signs", [self_leaf], [self_leaf])
    self_leaf = ca("self, signs", usages=("keyCertSign", "digitalSignature"),
        extra=[alternative_names("dns:" + HOST)])
    both("a root that is the leaf too", ACCEPT, "what is loaded is trusted", [self_leaf],
        [self_leaf])
    no_usage = ca("self, all", usages=(), extra=[alternative_names("dns:" + HOST)])
    both("a root without keyUsage that is the leaf too", ACCEPT, "what is loaded is trusted",
        [no_usage], [no_usage])


def authorities():
    k = Key("p256")
    first, second = ca("same name"), ca("same name", key=k)
    both("two anchors with one name, the second one's leaf", ACCEPT,
        "RFC 5280 6.1: a path exists", [leaf(second)], [first, second])
    both("two anchors with one name, the first one's leaf", ACCEPT, "RFC 5280 6.1: a path exists",
        [leaf(first)], [first, second])
    plain = [ca("same name, plain", identifiers=False) for _ in range(3)]
    both("three anchors with one name and no key identifiers, the last one's leaf", ACCEPT,
        "RFC 5280 6.1: a path exists", [leaf(plain[2], identifiers=False)], plain)
    both("an anchor's name, another key", REFUSE, "RFC 5280 6.1.3 a: the signature is wrong",
        [leaf(second)], [first])
    forged = ca("root", key=Key("p256"))
    both("a root of the anchor's name is sent", REFUSE,
        "RFC 5280 6.1.3 a: the signature is wrong", [leaf(forged), forged], [root()])
    twins = [ca("twin", root()), ca("twin", root())]
    both("two intermediates with one name, the wrong one first", EITHER,
        "RFC 8446 4.4.2; the built-in tries only one", [leaf(twins[1]), twins[0], twins[1]],
        [root()])
    both("two intermediates with one name, the wrong one second", ACCEPT,
        "RFC 8446 4.4.2: extraneous certificates", [leaf(twins[0]), twins[0], twins[1]], [root()])
    fake = ca("intermediate", root(), key=intermediate().key, spoil=True)
    both("an intermediate whose signature is wrong", REFUSE, "RFC 5280 6.1.3 a",
        [leaf(intermediate()), fake], [root()], table=True)
    both("a leaf whose signature is wrong", REFUSE, "RFC 5280 6.1.3 a",
        [leaf(root(), spoil=True)], [root()])
    both("an anchor whose own signature is wrong", ACCEPT,
        "an anchor is trusted because it was loaded (RFC 5280 6.1.1 d)",
        *(lambda r: ([leaf(r)], [r]))(ca("spoilt root", spoil=True)))
    both("an intermediate that is not a CA", REFUSE, "RFC 5280 6.1.4 k", [leaf(good()), good()],
        [root()])
    no_bc = ca("no basicConstraints", root(), constraints=False)
    both("an intermediate without basicConstraints", REFUSE, "RFC 5280 6.1.4 k",
        [leaf(no_bc), no_bc], [root()])
    no_sign = ca("no keyCertSign", root(), usages=("digitalSignature", "cRLSign"))
    both("an intermediate without keyCertSign", REFUSE, "RFC 5280 6.1.4 n",
        [leaf(no_sign), no_sign], [root()])
    old, young = ca("old", root(), start=-20, end=-1), ca("young", root(), start=1, end=20)
    both("an expired intermediate", REFUSE, "RFC 5280 6.1.3 a", [leaf(old), old], [root()])
    both("an intermediate that is not valid yet", REFUSE, "RFC 5280 6.1.3 a",
        [leaf(young), young], [root()])
    # Key identifiers.
    for what, kwargs in (("a P-256", {}), ("an RSA", {"key": rsa(2048)})):
        r = ca("no identifier " + what, usages=("keyCertSign",),
            extensions=[basic_constraints(True), key_usage("keyCertSign")], **kwargs)
        table = what == "a P-256"
        both(
            "%s CA without subjectKeyIdentifier, the leaf's authorityKeyIdentifier is the key's"
            " hash" % what, ACCEPT, "RFC 5280 4.2.1.1: identifiers only help to find the issuer",
            [leaf(r)], [r], table=table)
        both("%s CA without subjectKeyIdentifier, the leaf without identifiers" % what, ACCEPT,
            "RFC 5280 6.1", [leaf(r, identifiers=False)], [r])
        i = ca("no identifier i " + what, root(),
            extensions=[basic_constraints(True), key_usage("keyCertSign")], **kwargs)
        both(
            "%s intermediate without subjectKeyIdentifier, the leaf's authorityKeyIdentifier is"
            " the key's hash" % what, ACCEPT, "RFC 5280 4.2.1.1", [leaf(i), i], [root()])
    aki = lambda *a: [basic_constraints(None), key_usage("digitalSignature"),
        alternative_names("dns:" + HOST), authority_key_identifier(*a)]
    both("a leaf without identifiers", ACCEPT, "RFC 5280 6.1", [leaf(root(), identifiers=False)],
        [root()])
    both("an authorityKeyIdentifier that matches no CA", ACCEPT,
        "RFC 5280 4.2.1.1: identifiers only help to find the issuer; the built-in decides",
        [leaf(root(), extensions=aki(b"x" * 20))], [root()])
    both("an authorityKeyIdentifier by issuer and serial number", ACCEPT, "RFC 5280 4.2.1.1",
         [leaf(root(), extensions=aki(None, root().name, root().serial))], [root()])
    both("an authorityKeyIdentifier with all three", ACCEPT, "RFC 5280 4.2.1.1",
        [leaf(root(), extensions=aki(root().key.identifier(), root().name, root().serial))],
        [root()])
    both("an authorityKeyIdentifier with another serial number", ACCEPT,
        "RFC 5280 4.2.1.1: identifiers only help to find the issuer; the built-in decides",
        [leaf(root(), extensions=aki(root().key.identifier(), root().name, 7))], [root()])
    both("an empty authorityKeyIdentifier", EITHER,
        "RFC 5280 4.2.1.1; the built-in can't read it", [leaf(root(), extensions=aki())], [root()])
    long = ca("long identifier", extensions=[basic_constraints(True), key_usage("keyCertSign"),
        subject_key_identifier(b"k" * 64)])
    both("a subjectKeyIdentifier of 64 bytes", ACCEPT, "RFC 5280 4.2.1.2: of any length",
         [leaf(long, extensions=aki(b"k" * 64))], [long])
    short = ca("short identifier", extensions=[basic_constraints(True), key_usage("keyCertSign"),
        subject_key_identifier(b"\1\2\3\4")])
    both("a subjectKeyIdentifier of 4 bytes", ACCEPT, "RFC 5280 4.2.1.2: of any length",
         [leaf(short, extensions=aki(b"\1\2\3\4"))], [short])
    both("a subjectKeyIdentifier of 4 bytes, an authorityKeyIdentifier of 20", ACCEPT,
        "RFC 5280 4.2.1.2: of any length", [leaf(short, extensions=aki(short.key.identifier()))],
        [short])


def reuse():
    """Nothing of one connection is left for the next."""
    i = ca("reused", root())
    end = leaf(i)
    whole, alone = [end, i], [end]
    why = "what a peer sends counts only for its own connection"
    both("an intermediate that an earlier connection sent", REFUSE, why, table=True,
        steps=[step(ACCEPT, whole, [root()]), step(REFUSE, alone), step(ACCEPT, whole),
        step(REFUSE, alone)])
    both("an intermediate that an earlier connection sent, another leaf", REFUSE, why,
         steps=[step(ACCEPT, whole, [root()]), step(REFUSE, [leaf(i)])])
    forged = ca("root", key=Key("p256"))
    both("a forged root under CERT_OPTIONAL, then CERT_REQUIRED", REFUSE, why, table=True,
        steps=[step(ACCEPT, [leaf(forged), forged], [root()], mode=OPTIONAL),
        step(REFUSE, [leaf(forged)]), step(REFUSE, [leaf(forged), forged])])
    spoilt = ca("spoilt", root(), spoil=True)
    both("an intermediate with a wrong signature under CERT_OPTIONAL, then CERT_REQUIRED", REFUSE,
        why, table=True, steps=[step(ACCEPT, [leaf(spoilt), spoilt], [root()], mode=OPTIONAL),
        step(REFUSE, [leaf(spoilt), spoilt]), step(REFUSE, [leaf(spoilt)])])
    old = ca("old", root(), start=-20, end=-1)
    both("an expired intermediate under CERT_OPTIONAL, then CERT_REQUIRED", REFUSE, why,
        table=True, steps=[step(ACCEPT, [leaf(old), old], [root()], mode=OPTIONAL),
        step(REFUSE, [leaf(old), old]), step(REFUSE, [leaf(old)])])
    server("a forged root under CERT_NONE, then CERT_REQUIRED", REFUSE, why, table=True,
        steps=[step(ACCEPT, [leaf(forged), forged], [root()], mode=NONE),
        step(REFUSE, [leaf(forged), forged]), step(REFUSE, [leaf(forged)])])
    both("a good intermediate under CERT_OPTIONAL, then CERT_REQUIRED without it", REFUSE, why,
        steps=[step(ACCEPT, whole, [root()], mode=OPTIONAL), step(REFUSE, alone),
        step(ACCEPT, whole)])
    both("an unknown root, then a good chain", ACCEPT, why,
         steps=[step(REFUSE, [leaf(other_root()), other_root()], [root()]), step(ACCEPT, whole)])
    both("an intermediate of a refused chain", REFUSE, why,
        steps=[step(REFUSE, [leaf(i, spoil=True), i], [root()]), step(REFUSE, alone),
        step(ACCEPT, whole)])
    both("the leaf of an earlier connection signs another", REFUSE, "it is not a CA",
         steps=[step(ACCEPT, whole, [root()]), step(REFUSE, [leaf(end), end, i])])
    short_root = ca("short root", end=10)
    late = leaf(short_root, end=60)
    both("an anchor that expires between two connections", REFUSE,
        "the dates of anchors are checked at every handshake", table=True,
        steps=[step(ACCEPT, [late], [short_root]), step(REFUSE, [late], at=NOW + 20 * DAY)])
    early_root = ca("early root", start=5, end=60)
    early = leaf(early_root, end=60)
    both("an anchor that becomes valid between two connections", ACCEPT,
        "the dates of anchors are checked at every handshake",
        steps=[step(REFUSE, [early], [early_root]), step(ACCEPT, [early], at=NOW + 20 * DAY),
        step(REFUSE, [early], at=NOW + 61 * DAY)])
    short = ca("short", root(), end=10)
    end = leaf(short, end=25)
    both("an intermediate of an earlier connection that has expired since", REFUSE, why,
        table=True, steps=[step(ACCEPT, [end, short], [root()]),
        step(REFUSE, [end], at=NOW + 20 * DAY), step(REFUSE, [end, short], at=NOW + 20 * DAY)])
    key, hostile = Key("p256"), []
    for n in range(60):
        bad = ca("hostile %d" % n, root(), spoil=True)
        hostile.append([leaf(bad, key=key), bad])
    flat = "a context does not grow, whatever peers send"
    options = {"repeat": 80, "chains": hostile, "table": True, "versions": TLS}
    both("hostile chains leave no memory behind, CERT_OPTIONAL", ACCEPT, flat, hostile[0],
        [root()], mode=OPTIONAL, **options)
    both("hostile chains leave no memory behind, CERT_REQUIRED", REFUSE, flat, hostile[0],
        [root()], **options)
    good_ones = []
    for n in range(60):
        i = ca("good %d" % n, root())
        good_ones.append([leaf(i, key=key), i])
    options["chains"] = good_ones
    both("good chains leave no memory behind", ACCEPT, flat, good_ones[0], [root()], **options)


def chain_of(n, first=None, **options):
    """n CAs, each issued by the one before."""
    out, issuer = [], first or root()
    for k in range(n):
        issuer = ca("chain %d of %d" % (k + 1, n), issuer, **options)
        out.append(issuer)
    return out


def paths():
    for n in (2, 3, 5, 7, 8, 9, 10):
        cas = chain_of(n)
        right = REFUSE if n >= 9 else ACCEPT
        both("%d intermediates" % n, right, "the built-in accepts at most eight" if n >= 9
            else "RFC 5280 6.1", [leaf(cas[-1]), *reversed(cas)], [root()], table=n == 9,
            none="too long" if n >= 9 else ACCEPT)
    a, b = chain_of(2)
    end = leaf(b)
    either = "RFC 8446 4.4.2: any order; the built-in only searches forwards"
    both("two intermediates in the wrong order", EITHER, either, [end, a, b], [root()])
    both("two intermediates, the root first", EITHER, either, [end, root(), a, b], [root()])
    both("two intermediates, the root in the middle", ACCEPT, "RFC 8446 4.4.2",
        [end, b, root(), a], [root()])
    both("an extraneous certificate before the intermediate", ACCEPT, "RFC 8446 4.4.2",
        [leaf(a), other_root(), a], [root()])
    both("an extraneous certificate after the intermediate", ACCEPT, "RFC 8446 4.4.2",
        [leaf(a), a, other_root()], [root()])
    both("an extraneous certificate that has expired", ACCEPT, "RFC 8446 4.4.2",
         [leaf(a), ca("old", start=-20, end=-1), a], [root()])
    both("an extraneous leaf", ACCEPT, "RFC 8446 4.4.2", [leaf(a), a, good()], [root()])
    both("an extraneous certificate with a wrong signature", ACCEPT, "RFC 8446 4.4.2",
        [leaf(a), a, leaf(a, spoil=True)], [root()])
    others = [ca("other %d" % n) for n in range(12)]
    both("eight extraneous certificates", ACCEPT,
        "RFC 8446 4.4.2; the built-in counts only those it needs", [leaf(a), a, *others[:8]],
        [root()])
    both("twelve extraneous certificates", ACCEPT,
        "RFC 8446 4.4.2; the built-in counts only those it needs", [leaf(a), a, *others], [root()])
    both("the leaf twice", ACCEPT, "RFC 8446 4.4.2", [good(), good()], [root()])
    both("the intermediate twice", ACCEPT, "RFC 8446 4.4.2", [leaf(a), a, a], [root()])
    both("the root twice", ACCEPT, "RFC 8446 4.4.2", [good(), root(), root()], [root()])
    both("the leaf alone, its intermediate missing, the intermediate's root sent", REFUSE,
        "RFC 5280 6.1: no path", [leaf(a), root()], [root()])
    # Path length.
    zero = ca("pathlen 0", root(), path=0)
    both("pathLenConstraint 0, a leaf", ACCEPT, "RFC 5280 4.2.1.9", [leaf(zero), zero], [root()])
    below = ca("below", zero)
    both("pathLenConstraint 0, an intermediate below", REFUSE, "RFC 5280 6.1.4 l",
        [leaf(below), below, zero], [root()])
    one = ca("pathlen 1", root(), path=1)
    below = ca("below", one)
    both("pathLenConstraint 1, an intermediate below", ACCEPT, "RFC 5280 4.2.1.9",
        [leaf(below), below, one], [root()])
    lower = ca("lower", below)
    both("pathLenConstraint 1, two intermediates below", REFUSE, "RFC 5280 6.1.4 l",
        [leaf(lower), lower, below, one], [root()])
    wide = ca("wider", zero, path=5)
    both("pathLenConstraint 5 below 0", REFUSE, "RFC 5280 6.1.4 m: the smaller one applies",
        [leaf(wide), wide, zero], [root()])
    zero_root = ca("pathlen 0 root", path=0)
    both("an anchor with pathLenConstraint 0, a leaf", ACCEPT, "RFC 5280 4.2.1.9",
        [leaf(zero_root)], [zero_root])
    below = ca("below root", zero_root)
    both("an anchor with pathLenConstraint 0, an intermediate below", REFUSE,
        "the built-in and OpenSSL apply an anchor's constraints", [leaf(below), below],
        [zero_root])
    rolled = certificate(zero.name, Key("p256"), zero,
        [basic_constraints(True, 0), key_usage("keyCertSign")])
    both("pathLenConstraint 0, a self-issued intermediate below", EITHER,
        "RFC 5280 6.1.4 l: self-issued certificates do not count; the built-in counts them",
        [leaf(rolled), rolled, zero], [root()])
    # Cross-certificates.
    cross_expired = ca("root", other_root(), key=root().key, start=-20, end=-1)
    both("both roots trusted, an expired cross-certificate in the chain", ACCEPT,
        "RFC 5280 6.1: one path is valid", [leaf(intermediate()), intermediate(), cross_expired],
        [root(), other_root()], table=True)
    both("its own root trusted, an expired cross-certificate in the chain", ACCEPT,
        "RFC 5280 6.1: one path is valid", [leaf(intermediate()), intermediate(), cross_expired],
        [root()])
    both("the other root trusted, an expired cross-certificate in the chain", REFUSE,
        "RFC 5280 6.1.3", [leaf(intermediate()), intermediate(), cross_expired], [other_root()])
    cross = ca("root", other_root(), key=root().key)
    both("the other root trusted, a cross-certificate in the chain", ACCEPT, "RFC 5280 6.1",
        [leaf(intermediate()), intermediate(), cross], [other_root()])
    both("its own root trusted, a cross-certificate in the chain", ACCEPT, "RFC 5280 6.1",
        [leaf(intermediate()), intermediate(), cross], [root()])
    both("its own root trusted, a cross-certificate and its unknown root in the chain", ACCEPT,
        "RFC 5280 6.1: one path is valid", [leaf(intermediate()), intermediate(), cross,
        other_root()], [root()])
    i_other = ca("intermediate", other_root(), key=intermediate().key)
    end = leaf(intermediate())
    both("an intermediate of two roots, the unknown one's first", EITHER,
        "RFC 5280 6.1: one path is valid; the built-in tries only one",
        [end, i_other, intermediate()], [root()])
    both("an intermediate of two roots, the unknown one's second", ACCEPT,
        "RFC 5280 6.1: one path is valid", [end, intermediate(), i_other], [root()])
    i_old = ca("intermediate", root(), key=intermediate().key, start=-20, end=-1)
    both("an intermediate twice, the expired one first", ACCEPT, "RFC 5280 6.1: one path is valid",
        [end, i_old, intermediate()], [root()])
    both("an intermediate twice, the expired one second", ACCEPT,
        "RFC 5280 6.1: one path is valid", [end, intermediate(), i_old], [root()])
    i_no_ca = ca("intermediate", root(), key=intermediate().key, constraints=False)
    both("an intermediate twice, the one that is not a CA first", ACCEPT,
        "RFC 5280 6.1: one path is valid", [end, i_no_ca, intermediate()], [root()])
    both("an intermediate twice, the one with a wrong signature first", EITHER,
        "RFC 5280 6.1: one path is valid; the built-in and OpenSSL try only one",
        [end, ca("intermediate", root(), key=intermediate().key, spoil=True), intermediate()],
        [root()])
    root_old = ca("root", key=root().key, start=-20, end=-1)
    both("an anchor twice, the expired one first", ACCEPT, "RFC 5280 6.1: one path is valid",
        [good()], [root_old, root()])
    both("an anchor twice, the expired one second", ACCEPT, "RFC 5280 6.1: one path is valid",
        [good()], [root(), root_old])
    a_of_b, b_key = Key("p256"), Key("p256")
    b_root = ca("ring b", key=b_key)
    ring_a = ca("ring a", b_root, key=a_of_b)
    ring_b = ca("ring b", ring_a, key=b_key)
    both("two intermediates that sign each other", REFUSE,
        "RFC 5280 6.1: no path, and the search must end",
        [leaf(ring_a), ring_a, ring_b, ring_a, ring_b], [root()])
    both("an empty issuer name", REFUSE,
        "RFC 5280 4.1.2.4: it must not be empty; the built-in refuses it", *nameless(),
        none="malformed")


def nameless():
    key = Key("p256")
    r = certificate(name(), key, None, [basic_constraints(True), key_usage("keyCertSign")])
    return [leaf(r, identifiers=False)], [r]


def weak():
    why = "SHA-1 is broken: the built-in and OpenSSL's level 2 refuse it"
    both("a leaf signed with ECDSA and SHA-1", REFUSE, why,
        [leaf(root(), algorithm="ecdsa-sha1")], [root()], table=True)
    r = ca("root rsa", key=rsa(2048))
    both("a leaf signed with RSA and SHA-1", REFUSE, why, [leaf(r, algorithm="rsa-sha1")], [r],
        table=True)
    for what, issuer, algorithm in (("ECDSA", root(), "ecdsa-sha1"), ("RSA", r, "rsa-sha1")):
        i = ca("sha1", issuer, algorithm=algorithm)
        both("an intermediate signed with %s and SHA-1" % what, REFUSE, why, [leaf(i), i],
            [issuer], table=True)
    own_sha1 = ca("root sha1", algorithm="ecdsa-sha1")
    both("an anchor self-signed with SHA-1", ACCEPT,
        "an anchor's own signature vouches for nothing", [leaf(own_sha1)], [own_sha1])
    both("an anchor self-signed with SHA-1, sent too", ACCEPT,
        "an anchor's own signature vouches for nothing", [leaf(own_sha1), own_sha1], [own_sha1])
    pinned = leaf(cn="pinned sha1", algorithm="ecdsa-sha1")
    both("a self-signed pinned certificate with SHA-1", EITHER,
        "its own signature vouches for nothing; the built-in refuses it", [pinned], [pinned])
    both("a leaf signed with RSA and MD5", REFUSE, "MD5 is broken (RFC 6151)",
        [leaf(r, algorithm="rsa-md5")], [r])
    i = ca("md5", r, algorithm="rsa-md5")
    both("an intermediate signed with RSA and MD5", REFUSE, "MD5 is broken (RFC 6151)",
        [leaf(i), i], [r])
    own_md5 = ca("root md5", key=rsa(2048), algorithm="rsa-md5")
    both("an anchor self-signed with MD5", ACCEPT,
        "an anchor's own signature vouches for nothing", [leaf(own_md5)], [own_md5])
    both("a leaf signed with ECDSA and SHA-224", EITHER, "112 bits: OpenSSL accepts it",
        [leaf(root(), algorithm="ecdsa-sha224")], [root()])
    for digest in ("sha384", "sha512"):
        both("a leaf signed with ECDSA and %s" % digest.upper(), ACCEPT, "RFC 5758",
            [leaf(root(), algorithm="ecdsa-" + digest)], [root()])
        both("a leaf signed with RSA and %s" % digest.upper(), ACCEPT, "RFC 4055",
            [leaf(r, algorithm="rsa-" + digest)], [r])
    why = "1,024 bits are too few: the minimum is 2,048"
    small = rsa(1024)
    both("an RSA-1024 leaf", REFUSE, why, [leaf(root(), key=small)], [root()], table=True,
        exceptions=["RSA"])
    weak_root = ca("root 1024", key=small)
    both("an RSA-1024 root", REFUSE, why, [leaf(weak_root)], [weak_root], table=True)
    both("an RSA-1024 root and leaf", REFUSE, why, [leaf(weak_root, key=rsa(1024, 1))],
        [weak_root], exceptions=["RSA"])
    i = ca("intermediate 1024", root(), key=small)
    both("an RSA-1024 intermediate", REFUSE, why, [leaf(i), i], [root()])
    both("a pinned RSA-1024 certificate", REFUSE, why,
        *(lambda p: ([p], [p]))(leaf(cn="pinned 1024", key=small)), exceptions=["RSA"])
    both("an RSA-2040 leaf", REFUSE, "the minimum is 2,048 bits, as in the built-in",
        [leaf(root(), key=rsa(2040))], [root()], exceptions=["RSA"])
    both("an RSA-3072 leaf", ACCEPT, "RFC 3279", [leaf(root(), key=rsa(3072))], [root()],
        exceptions=["RSA"])
    both("a P-224 leaf", REFUSE, "the built-in has no such curve, and neither has TLS 1.3",
        [leaf(root(), key=Key("p224"))], [root()], none="P-224", versions=["1.2"])


def signatures():
    other = "1.2.840.10045.4.3.3"
    both("the inner algorithm is different", REFUSE, "RFC 5280 4.1.1.2: both must be the same",
        [leaf(root(), inner="ecdsa-sha384")], [root()], none="the certificate contradicts itself")
    both("the inner algorithm is RSA's", REFUSE, "RFC 5280 4.1.1.2: both must be the same",
        [leaf(root(), inner="rsa-sha256")], [root()], none="the certificate contradicts itself")
    null = der.sequence(der.oid(der.SIGNATURES["ecdsa-sha256"]), der.NULL)
    both("the inner algorithm has parameters that the outer does not have", REFUSE,
        "RFC 5280 4.1.1.2: both must be the same", [leaf(root(), inner=null)], [root()],
        none="the certificate contradicts itself")
    both("an unknown signature algorithm", REFUSE, "it cannot be checked",
        [leaf(root(), change=replaced(der.SIGNATURES["ecdsa-sha256"], "1.2.840.10045.4.3.9"))],
        [root()], none="unknown algorithm")
    r = ca("root rsa", key=rsa(2048))
    for digest in ("sha256", "sha384", "sha512"):
        both("a leaf signed with RSA-PSS and %s" % digest.upper(), ACCEPT, "RFC 4055",
            [leaf(r, algorithm="pss-" + digest)], [r])
    for digest, right in (("sha256", EITHER), ("sha512", REFUSE)):
        key = Key("rsa2048")
        algorithm = der.algorithm_identifier("pss-" + digest)
        bits = elements(der.content(key.spki))[1]
        p = ca("root for %s" % digest, key=key, spki=der.sequence(algorithm, bits))
        both("a root's key for RSA-PSS and %s alone, a leaf signed with SHA256" % digest.upper(),
            right, "RFC 4055 3.3: the key restricts its signatures",
            [leaf(p, algorithm="pss-sha256")], [p])
    both("an RSA root's leaf with an ECDSA signature", REFUSE, "RFC 5280 6.1.3 a",
        [leaf(r, sign_with=Key("p256"))], [r])
    both("an ECDSA root's leaf with an RSA signature", REFUSE, "RFC 5280 6.1.3 a",
        [leaf(root(), sign_with=rsa(2048))], [root()])
    both("an empty signature", REFUSE, "RFC 5280 6.1.3 a",
        [leaf(root(), change=with_signature(b""))], [root()], none="malformed")
    both("a signature of zeros", REFUSE, "RFC 5280 6.1.3 a",
        [leaf(root(), change=with_signature(der.sequence(der.integer(0), der.integer(0))))],
        [root()])
    both("a signature of r = s = 1", REFUSE, "RFC 5280 6.1.3 a",
        [leaf(root(), change=with_signature(der.sequence(der.integer(1), der.integer(1))))],
        [root()])
    both("another certificate's signature", REFUSE, "RFC 5280 6.1.3 a",
         [leaf(root(), change=with_signature(signature_of(good())))], [root()])


def elements(data):
    """The elements in the content of data."""
    out = []
    while data:
        head = der.header(data)
        size = data[1] if data[1] < 0x80 else int.from_bytes(data[2:head], "big")
        out.append(data[: head + size])
        data = data[head + size :]
    return out


def signature_of(cert):
    return der.content(elements(der.content(cert.der))[2])[1:]


def with_signature(signature):
    def change(data):
        tbs, algorithm, _ = elements(der.content(data))
        return der.sequence(tbs, algorithm, der.bits(signature))

    return change


def replaced(before, after):
    before, after = der.oid(before), der.oid(after)
    assert len(before) == len(after)

    def change(data):
        assert before in data
        return data.replace(before, after)

    return change


def dates():
    expired, future = {"start": -20, "end": -1}, {"start": 1, "end": 20}
    both("an expired leaf", REFUSE, "RFC 5280 6.1.3 a", [leaf(root(), **expired)], [root()],
        versions=ALL)
    both("a leaf that is not valid yet", REFUSE, "RFC 5280 6.1.3 a", [leaf(root(), **future)],
        [root()])
    start, end = NOW + DAY, NOW + 3 * DAY
    edge = leaf(root(), start=start, end=end)
    long_root = ca("long root", start=-400, end=20000)
    for what, at, right in (
        ("a second before notBefore", start - SECOND, REFUSE),
        ("at notBefore", start, ACCEPT),
        ("at notAfter", end, ACCEPT),
        ("a second after notAfter", end + SECOND, REFUSE),
    ):
        both("a leaf %s" % what, right, "RFC 5280 4.1.2.5: both ends are included", [edge],
            [root()], at=at)
    i = ca("edge", root(), start=start, end=end)
    for what, at, right in (
        ("a second before notBefore", start - SECOND, REFUSE),
        ("at notBefore", start, ACCEPT),
        ("at notAfter", end, ACCEPT),
        ("a second after notAfter", end + SECOND, REFUSE),
    ):
        both("an intermediate %s" % what, right, "RFC 5280 4.1.2.5: both ends are included",
            [leaf(i), i], [root()], at=at)
    r = ca("edge root", start=start, end=end)
    for what, at, right in (("at notAfter", end, ACCEPT),
        ("a second after notAfter", end + SECOND, REFUSE)):
        both("an anchor %s" % what, right, "RFC 5280 4.1.2.5: both ends are included", [leaf(r)],
            [r], at=at)

    def with_validity(start, end):
        return [leaf(root(), validity=der.sequence(start, end))]

    utc = lambda text: der.tlv(0x17, text)
    gen = lambda text: der.tlv(0x18, text)
    y, z = der.utc_time(NOW - DAY), der.utc_time(NOW + DAY)
    both("GeneralizedTime before 2050", ACCEPT,
        "the built-in and OpenSSL read it, RFC 5280 4.1.2.5 requires UTCTime",
        with_validity(der.generalized_time(NOW - DAY), der.generalized_time(NOW + DAY)), [root()])
    both("GeneralizedTime before 2050, expired", REFUSE, "RFC 5280 6.1.3 a",
        with_validity(der.generalized_time(NOW - 3 * DAY), der.generalized_time(NOW - DAY)),
        [root()])
    both("no end: 99991231235959Z", ACCEPT, "RFC 5280 4.1.2.5",
        with_validity(y, gen(b"99991231235959Z")), [root()])
    both("notAfter in 2049 as UTCTime", ACCEPT, "RFC 5280 4.1.2.5.1",
        with_validity(y, utc(b"491231235959Z")), [root()])
    both("notAfter in 1950 as UTCTime", REFUSE, "RFC 5280 4.1.2.5.1: 50 is 1950",
        with_validity(utc(b"500101000000Z"), utc(b"500102000000Z")), [root()])
    both("notBefore in 1950 as UTCTime", ACCEPT, "RFC 5280 4.1.2.5.1: 50 is 1950",
        with_validity(utc(b"500101000000Z"), z), [root()])
    both("notAfter in 2050 as GeneralizedTime", ACCEPT, "RFC 5280 4.1.2.5",
        with_validity(y, gen(b"20500101000000Z")), [root()])
    both("notBefore in 2050 as GeneralizedTime", REFUSE, "RFC 5280 6.1.3 a",
        with_validity(gen(b"20500101000000Z"), gen(b"20510101000000Z")), [root()])
    both("notBefore after notAfter", REFUSE, "no time is within the period", with_validity(z, y),
        [root()])
    broken = "the date is not one"
    for what, text in (
        ("UTCTime without seconds", utc((NOW + DAY).strftime("%y%m%d%H%MZ").encode())),
        ("UTCTime with an offset", utc((NOW + DAY).strftime("%y%m%d%H%M%S+0100").encode())),
                ("a month 13", utc(b"491331235959Z")),
        ("a 30th of February", utc(b"480230235959Z")),
        ("an hour 24", utc(b"481230240000Z")),
        ("letters in a date", utc(b"4912xx235959Z")),
        ("an empty date", utc(b"")),
        ("GeneralizedTime with fractions", gen((NOW + DAY).strftime("%Y%m%d%H%M%S.5Z").encode())),
        ("a date as an INTEGER", der.integer(1)),
    ):
        both("notAfter: %s" % what, REFUSE, "RFC 5280 4.1.2.5", with_validity(y, text), [root()],
            none=broken)
    both("notAfter: UTCTime without Z", EITHER, "RFC 5280 4.1.2.5; the built-in reads it",
        with_validity(y, utc((NOW + DAY).strftime("%y%m%d%H%M%S").encode())), [root()],
        none=broken)
    at_2060 = datetime.datetime(2060, 6, 1, tzinfo=datetime.timezone.utc)
    both("in 2060, after the 32-bit clock's end", ACCEPT, "RFC 5280 4.1.2.5",
         [leaf(long_root, start=-1, end=18000)], [long_root], at=NOW + 13000 * DAY)
    both("in 2060, expired", REFUSE, "RFC 5280 6.1.3 a", [leaf(long_root, start=-1, end=10000)],
        [long_root], at=at_2060 - 100 * DAY)


def usages():
    def end(**options):
        return [leaf(root(), **options)]

    for side, right_purpose, wrong_purpose in (("server", "serverAuth", "clientAuth"),
        ("client", "clientAuth", "serverAuth")):
        def case(name, right, why, **options):
            exceptions = ["RSA"] if "RSA" in name else []
            none = options.pop("none", ACCEPT)
            add(side, name, right, why, end(**options), [root()], exceptions=exceptions, none=none)

        case("extKeyUsage: its own", ACCEPT, "RFC 5280 4.2.1.12", purposes=(right_purpose,))
        case("extKeyUsage: the other side's", REFUSE, "RFC 5280 4.2.1.12",
            purposes=(wrong_purpose,))
        case("extKeyUsage: any", ACCEPT,
            "the built-in accepts it; RFC 5280 4.2.1.12 leaves it open", purposes=("any",))
        case("extKeyUsage: any and the other side's", ACCEPT, "the built-in accepts it",
            purposes=("any", wrong_purpose))
        case("extKeyUsage: codeSigning", REFUSE, "RFC 5280 4.2.1.12", purposes=("codeSigning",))
        case("extKeyUsage: emailProtection, timeStamping, ocspSigning", REFUSE,
            "RFC 5280 4.2.1.12", purposes=("emailProtection", "timeStamping", "ocspSigning"))
        case("extKeyUsage: an unknown purpose", REFUSE, "RFC 5280 4.2.1.12", purposes=("private",))
        case("extKeyUsage: an unknown purpose and its own", ACCEPT, "RFC 5280 4.2.1.12",
            purposes=("private", right_purpose))
        case("extKeyUsage: its own, critical", ACCEPT, "RFC 5280 4.2.1.12", purposes=(),
             extra=[extended_key_usage(right_purpose, critical=True)])
        case("extKeyUsage: the other side's, critical", REFUSE, "RFC 5280 4.2.1.12", purposes=(),
             extra=[extended_key_usage(wrong_purpose, critical=True)])
        case("no extKeyUsage", ACCEPT, "RFC 5280 4.2.1.12: then any purpose is allowed",
            purposes=())
        add(side, "extKeyUsage: empty", REFUSE, "RFC 5280 4.2.1.12: at least one",
            end(purposes=(), extra=[extended_key_usage()]), [root()],
            none="the extension is malformed")
        case("keyUsage: digitalSignature", ACCEPT, "RFC 8446 4.4.2.2",
            usages=("digitalSignature",))
        case("no keyUsage", ACCEPT, "RFC 5280 4.2.1.3", usages=())
        case("keyUsage: keyAgreement only", REFUSE, "RFC 8446 4.4.2.2: the key signs",
            usages=("keyAgreement",))
        case("keyUsage: keyEncipherment only, EC", REFUSE, "RFC 8446 4.4.2.2: the key signs",
            usages=("keyEncipherment",))
        case("keyUsage: nonRepudiation only", REFUSE, "RFC 8446 4.4.2.2: the key signs",
            usages=("nonRepudiation",))
        case("keyUsage: keyCertSign only", REFUSE, "RFC 8446 4.4.2.2: the key signs",
            usages=("keyCertSign",))
        case("keyUsage: digitalSignature and keyCertSign", ACCEPT, "RFC 8446 4.4.2.2",
            usages=("digitalSignature", "keyCertSign"))
        case("keyUsage: all nine", EITHER,
            "RFC 5280 4.2.1.3; the built-in does not know the last two", usages=der.KEY_USAGES)
        case("keyUsage: the first seven", ACCEPT, "RFC 8446 4.4.2.2", usages=der.KEY_USAGES[:7])
        case("keyUsage: keyEncipherment only, RSA", REFUSE, "RFC 8446 4.4.2.2: the key signs",
            usages=("keyEncipherment",), key=rsa(2048, 1))
        case("keyUsage: digitalSignature, RSA", ACCEPT, "RFC 8446 4.4.2.2",
            usages=("digitalSignature",), key=rsa(2048, 1))
        case("keyUsage: keyAgreement only, not critical", REFUSE,
            "RFC 8446 4.4.2.2: the key signs", usages=(),
            extra=[key_usage("keyAgreement", critical=False)])
        case("keyUsage: no bit is set", REFUSE, "RFC 5280 4.2.1.3: at least one", usages=(),
            extra=[key_usage()], none="malformed")
        # What a CA is for.
        i = ca("own purpose", root(), extra=[extended_key_usage(right_purpose)])
        add(side, "an intermediate with extKeyUsage: the leaf's", ACCEPT, "RFC 5280 4.2.1.12",
            [leaf(i), i], [root()])
        i = ca("other purpose", root(), extra=[extended_key_usage(wrong_purpose)])
        add(side, "an intermediate with extKeyUsage: the other side's", ACCEPT,
            "the built-in checks only the leaf's, and RFC 5280 requires no more", [leaf(i), i],
            [root()])
        r = ca("other purpose root", extra=[extended_key_usage(wrong_purpose)])
        add(side, "an anchor with extKeyUsage: the other side's", ACCEPT,
            "the built-in checks only the leaf's, and RFC 5280 requires no more", [leaf(r)], [r])
    both("a CA as the leaf", ACCEPT, "RFC 5280 does not forbid it",
        [ca("leaf ca", root(), usages=("keyCertSign", "digitalSignature"),
        extra=[alternative_names("dns:" + HOST)])], [root()])


def constraints():
    def case(name, right, why, sans, permitted=(), excluded=(), at_root=False, critical=True,
        versions=None, subject=None, side="both", **options):
        nc = name_constraints(permitted, excluded, critical)
        anchor = ca("constrained root", extra=[nc]) if at_root else root()
        i = anchor if at_root else ca("constrained", root(), extra=[nc])
        end = leaf(i, *sans, subject=subject, **options) if sans else leaf(i, alternatives=False,
            subject=subject, **options)
        chain = [end] if at_root else [end, i]
        for s in ("server", "client") if side == "both" else (side,):
            add(s, "name constraints: " + name, right, why, chain, [anchor], versions=versions)

    why, dns = "RFC 5280 4.2.1.10", ["dns:" + HOST]
    case("permitted DNS", ACCEPT, why, dns, ["dns:example.com"])
    case("permitted DNS, the same name", ACCEPT, why, dns, ["dns:" + HOST])
    case("permitted DNS, another", REFUSE, why, dns, ["dns:example.org"])
    case("permitted DNS, a suffix that is not a whole label", REFUSE, why, dns, ["dns:ample.com"])
    case("permitted DNS with a leading dot", REFUSE,
        why + " has no such form, and the built-in refuses it", dns, ["dns:.example.com"])
    case("excluded DNS with a leading dot", REFUSE,
        why + " has no such form, and the built-in refuses it", dns, (), ["dns:.example.org"])
    case("permitted DNS, and a name with a leading dot", REFUSE,
        why + ": not a name that could be permitted", dns + ["dns:.example.com"],
        ["dns:example.com"])
    for what, value in (("an empty sequence", der.sequence()),
        ("two empty lists", der.sequence(der.tlv(0xA0), der.tlv(0xA1))), ("empty", b""),
        ("garbage", b"garbage")):
        i = ca("constrained by nothing", root(), extra=[der.extension("2.5.29.30", value, True)])
        both("name constraints: %s" % what, REFUSE,
            why + ": at least one list, with at least one entry", [leaf(i), i], [root()],
            none="the extension is malformed")
    case("permitted DNS, capitals", ACCEPT, why, dns, ["dns:EXAMPLE.COM"])
    case("excluded DNS", REFUSE, why, dns, (), ["dns:example.com"])
    case("excluded DNS, capitals", REFUSE, why, dns, (), ["dns:EXAMPLE.com"])
    case("excluded DNS, another", ACCEPT, why, dns, (), ["dns:example.org"])
    case("excluded DNS, the whole tree", REFUSE, why, dns, (), ["dns:"])
    case("permitted and excluded DNS", REFUSE, why, dns, ["dns:example.com"],
        ["dns:www.example.com"])
    case("permitted and excluded DNS, another", ACCEPT, why, dns, ["dns:example.com"],
        ["dns:api.example.com"])
    case("permitted DNS, a second name outside", REFUSE, why, dns + ["dns:www.example.org"],
        ["dns:example.com"])
    case("permitted DNS, not critical", REFUSE,
        why + ": an implementation that knows the extension must process it; the built-in does not"
        " know it", dns, ["dns:example.org"], critical=False)
    case("permitted DNS at the anchor", ACCEPT, why, dns, ["dns:example.com"], at_root=True)
    case("permitted DNS at the anchor, another", REFUSE,
        "the anchor's constraints apply, as in OpenSSL", dns, ["dns:example.org"], at_root=True)
    case("permitted IP, only a DNS name", ACCEPT, why, dns, ["ip:10.0.0.0/8"])
    case("permitted e-mail, only a DNS name", ACCEPT, why, dns, ["email:example.org"])
    case("permitted DNS, and an address", EITHER,
        why + ": other kinds of names are not constrained; the built-in refuses all constraints",
        dns + ["ip:10.0.0.1"], ["dns:example.com"])
    case("permitted IP, an address inside", ACCEPT, why, dns + ["ip:10.0.0.1"], ["ip:10.0.0.0/8"])
    case("permitted IP, an address outside", REFUSE, why, dns + ["ip:11.0.0.1"], ["ip:10.0.0.0/8"])
    case("permitted IP, an IPv6 address", REFUSE, why, dns + ["ip:2001:db8::1"], ["ip:10.0.0.0/8"])
    case("excluded IP", REFUSE, why, dns + ["ip:10.0.0.1"], (), ["ip:10.0.0.0/8"])
    case("excluded IP, an address outside", ACCEPT, why, dns + ["ip:11.0.0.1"], (),
        ["ip:10.0.0.0/8"])
    case("permitted IPv6, an address inside", ACCEPT, why, dns + ["ip:2001:db8::1"],
        ["ip:2001:db8::/32"])
    case("excluded IPv6", REFUSE, why, dns + ["ip:2001:db8::1"], (), ["ip:2001:db8::/32"])
    case("excluded IPv4, all, an IPv6 address", ACCEPT, why, dns + ["ip:2001:db8::1"], (),
        ["ip:0.0.0.0/0"])
    case("permitted e-mail, another", REFUSE, why, dns + ["email:a@example.com"],
        ["email:example.org"])
    case("permitted e-mail", ACCEPT, why, dns + ["email:a@example.com"], ["email:example.com"])
    case("excluded e-mail", REFUSE, why, dns + ["email:a@example.com"], (), ["email:example.com"])
    case("permitted URI, another", REFUSE, why, dns + ["uri:https://www.example.com/"],
        ["uri:.example.org"])
    case("permitted URI", ACCEPT, why, dns + ["uri:https://www.example.com/"],
        ["uri:.example.com"])
    case("excluded URI", REFUSE, why, dns + ["uri:https://www.example.com/"], (),
        ["uri:.example.com"])
    subject = name("O=mpwolf tests", "CN=leaf")
    case("permitted directoryName", ACCEPT, why, dns, ["dir:O=mpwolf tests"], subject=subject)
    case("permitted directoryName, another", REFUSE, why, dns, ["dir:O=others"], subject=subject)
    case("excluded directoryName", REFUSE, why, dns, (), ["dir:O=mpwolf tests"], subject=subject)
    case("excluded directoryName, another", ACCEPT, why, dns, (), ["dir:O=others"],
        subject=subject)
    same = "RFC 5280 7.1: spaces and the string type do not distinguish names"
    for what, tag, text in (("two spaces", der.UTF8, "mpwolf  tests"),
        ("spaces around it", der.UTF8, " mpwolf tests "), ("capitals", der.UTF8, "MPWOLF Tests"),
        ("BMPString", der.BMP, "mpwolf tests"), ("TeletexString", der.T61, "mpwolf tests"),
        ("IA5String", der.IA5, "mpwolf tests")):
        spelt = name(der.attribute("O", text, tag), "CN=constrained")
        case("excluded directoryName, written with " + what, REFUSE, same, dns, (),
            ["dir:O=mpwolf tests"], subject=spelt)
        case("permitted directoryName, written with " + what, EITHER, same, dns,
            ["dir:O=mpwolf tests"], subject=spelt)
    for n in (3, 7, 9):
        case("excluded IP of %d bytes" % n, REFUSE, why + ": an address and its mask",
            dns + ["ip:192.0.2.1"], (), ["ip:hex=" + "c0" * n])
    case("permitted e-mail, another in the subject", REFUSE, why, dns, ["email:example.com"],
        subject=name("O=mpwolf tests", der.attribute("E", "a@example.org", der.IA5)))
    case("permitted DNS, a wildcard inside", ACCEPT, why, ["dns:*.example.com"],
        ["dns:example.com"])
    case("permitted DNS, a wildcard that may be outside", REFUSE, why, ["dns:*.com"],
        ["dns:example.com"], side="client")
    case("excluded DNS, a wildcard that may be inside", REFUSE,
        "the names it stands for are excluded: CVE-2025-61727", ["dns:*.example.com"], (),
        ["dns:www.example.com"])
    case("permitted DNS, only the common name, outside", REFUSE,
        "they apply to a common name that is used, as in OpenSSL", (), ["dns:example.org"],
        subject=name("CN=" + HOST))
    case("excluded DNS, only the common name, inside", REFUSE,
        "they apply to a common name that is used", (), (), ["dns:example.com"],
        subject=name("CN=" + HOST))
    case("permitted registeredID, only a DNS name", EITHER, why + ": it constrains nothing here",
        dns, ["rid:1.2.3.4"])
    refuse = why + ": process it or refuse the certificate"
    case("permitted registeredID, and another", REFUSE, refuse, dns + ["rid:1.2.3.5"],
        ["rid:1.2.3.4"])
    case("excluded registeredID and a DNS name", REFUSE, refuse, dns + ["rid:1.2.3.4"], (),
        ["rid:1.2.3.4"])
    one = ca("one", root(), extra=[name_constraints(["dns:example.com"])])
    two = ca("two", one, extra=[name_constraints(["dns:example.org"])])
    both("name constraints: of two CAs, one permits the name", REFUSE, why + ": both apply",
        [leaf(two), two, one], [root()])
    three = ca("three", one, extra=[name_constraints(["dns:www.example.com"])])
    both("name constraints: of two CAs, both permit the name", EITHER,
        why + "; the built-in refuses all constraints", [leaf(three), three, one], [root()])
    wide = ca("wide", one)
    both("name constraints: of a CA two above the leaf, another name", REFUSE,
        why + ": they apply to all below", [leaf(wide, "dns:www.example.com",
        "dns:www.example.org"), wide, one], [root()])


def extensions():
    both("an unknown extension", ACCEPT, "RFC 5280 4.2", [leaf(root(), extra=[unknown(False)])],
        [root()])
    both("an unknown critical extension", REFUSE, "RFC 5280 4.2",
        [leaf(root(), extra=[unknown(True)])], [root()], versions=ALL,
        none="the certificate can't be processed")
    i = ca("unknown", root(), extra=[unknown(True)])
    both("an unknown critical extension of an intermediate", REFUSE, "RFC 5280 4.2", [leaf(i), i],
        [root()], none="the certificate can't be processed")
    r = ca("unknown root", extra=[unknown(True)])
    both("an unknown critical extension of an anchor", REFUSE, "RFC 5280 4.2", [leaf(r)], [r],
        none="it can't be loaded")
    doubled = "RFC 5280 4.2: at most one of each"
    for what, extra in (
        ("subjectAltName", [alternative_names("dns:" + HOST)]),
        ("basicConstraints", [basic_constraints(None)]),
        ("keyUsage", [key_usage("digitalSignature")]),
        ("extKeyUsage", [extended_key_usage("serverAuth", "clientAuth")]),
    ):
        both("%s twice" % what, REFUSE, doubled, [leaf(root(), extra=extra)], [root()],
            none="the certificate is malformed")
    both("an unknown extension twice", ACCEPT,
        "RFC 5280 4.2 forbids it, but the built-in and OpenSSL accept it",
        [leaf(root(), extra=[unknown(False), unknown(False)])], [root()])
    i = ca("doubled", root(), extra=[basic_constraints(True)])
    both("basicConstraints of an intermediate twice", REFUSE, doubled, [leaf(i), i], [root()],
        none="the certificate is malformed")
    # Forms of basicConstraints.
    for what, value, right in (
        ("an explicit cA FALSE", der.sequence(der.boolean(False)), ACCEPT),
        ("an empty sequence", der.sequence(), ACCEPT),
        ("cA TRUE as 01", der.sequence(der.tlv(1, b"\x01")), ACCEPT),
        ("a path length without cA", der.sequence(der.integer(0)), ACCEPT),
        ("a negative path length", der.sequence(der.boolean(True), der.integer(-1)), REFUSE),
        ("garbage after", der.sequence() + b"\0", REFUSE),
        ("empty", b"", REFUSE),
        ("not a sequence", der.integer(1), REFUSE),
    ):
        bc = der.extension("2.5.29.19", value, True)
        both("basicConstraints of a leaf: %s" % what, right,
            "RFC 5280 4.2.1.9" + ("" if right == REFUSE
            else "; the built-in and OpenSSL accept it"),
            [leaf(root(), constraints=None, extra=[bc])], [root()],
            none="the extension is malformed" if right != ACCEPT else ACCEPT)
    i = ca("not critical", root(), extensions=[basic_constraints(True, critical=False),
        key_usage("keyCertSign")])
    both("basicConstraints of an intermediate, not critical", ACCEPT,
        "the built-in and OpenSSL accept it", [leaf(i), i], [root()])
    i = ca("ca 01", root(), extensions=[der.extension("2.5.29.19",
        der.sequence(der.tlv(1, b"\x01")), True), key_usage("keyCertSign")])
    both("basicConstraints of an intermediate, cA TRUE as 01", ACCEPT,
        "BER, but the built-in and OpenSSL accept it", [leaf(i), i], [root()])
    i = ca("ca false", root(), extensions=[der.extension("2.5.29.19",
        der.sequence(der.boolean(False)), True), key_usage("keyCertSign")])
    both("basicConstraints of an intermediate, an explicit cA FALSE", REFUSE, "RFC 5280 6.1.4 k",
        [leaf(i), i], [root()], none="malformed")
    both("a critical subjectAltName", ACCEPT, "RFC 5280 4.2.1.6", [leaf(root(), alternatives=False,
         extra=[alternative_names("dns:" + HOST, critical=True)])], [root()])
    both("a critical subjectAltName, an empty subject", ACCEPT, "RFC 5280 4.1.2.6",
        [leaf(root(), subject=name(), alternatives=False,
        extra=[alternative_names("dns:" + HOST, critical=True)])], [root()])
    both("an empty subject", ACCEPT, "the built-in and OpenSSL accept it",
        [leaf(root(), subject=name())], [root()])
    policy = lambda critical: der.extension("2.5.29.32",
        der.sequence(der.sequence(der.oid("1.3.6.1.4.1.99999.3"))), critical)
    both("a policy", ACCEPT, "RFC 5280 4.2.1.4", [leaf(root(), extra=[policy(False)])], [root()])
    both("a critical policy", EITHER, "RFC 5280 4.2.1.4: the built-in does not know them",
        [leaf(root(), extra=[policy(True)])], [root()], none="the certificate can't be processed")
    constraint = der.extension("2.5.29.36", der.sequence(der.tlv(0x80, b"\0")), True)
    i = ca("policies", root(), extra=[constraint])
    both("critical policyConstraints of an intermediate", REFUSE,
        "RFC 5280 4.2.1.11: nothing here processes it", [leaf(i), i], [root()],
        none="the certificate can't be processed")
    any_policy = der.extension("2.5.29.54", der.integer(0), True)
    i = ca("any policy", root(), extra=[any_policy])
    both("a critical inhibitAnyPolicy of an intermediate", EITHER, "RFC 5280 4.2.1.14",
        [leaf(i), i], [root()], none="the certificate can't be processed")
    staple = der.extension("1.3.6.1.5.5.7.1.24", der.sequence(der.integer(5)))
    both("must-staple", ACCEPT, "the built-in and OpenSSL ignore it",
        [leaf(root(), extra=[staple])], [root()])
    big = der.extension("1.3.6.1.4.1.99999.4", der.octets(bytes(5000)))
    both("an extension of 5,000 bytes", ACCEPT, "no limit in RFC 5280",
        [leaf(root(), extra=[big])], [root()], versions=ALL)
    many = [der.extension("1.3.6.1.4.1.99999.5.%d" % n, der.octets(b"x")) for n in range(60)]
    both("sixty unknown extensions", ACCEPT, "no limit in RFC 5280", [leaf(root(), extra=many)],
        [root()])
    both("an empty list of extensions", ACCEPT,
        "RFC 5280 4.1: at least one, but the built-in and OpenSSL accept it",
        [leaf(root(), subject=name("CN=" + HOST),
        raw_extensions=der.explicit(3, der.sequence()))], [root()])


def forms():
    subject = name("CN=" + HOST)
    both("a leaf of version 1", ACCEPT, "the built-in and OpenSSL accept it",
        [leaf(root(), subject=subject, extensions=[], version=1)], [root()], table=True)
    both("a leaf of version 1 with serial number 0", ACCEPT, "RFC 5280 4.1.2.2",
        [leaf(root(), subject=subject, extensions=[], version=1, serial=0)], [root()])
    both("a leaf of version 2", ACCEPT, "the built-in and OpenSSL accept it",
        [leaf(root(), subject=subject, extensions=[], version=2)], [root()])
    both("a leaf of version 4", REFUSE, "RFC 5280 4.1.2.1", [leaf(root(), version=4)], [root()],
        none="no such version")
    both("a leaf of version 1 with extensions", EITHER, "RFC 5280 4.1.2.9",
        [leaf(root(), version=1)], [root()], none="malformed")
    both("a leaf of version 1, with the default encoded", ACCEPT,
        "X.690 11.5, but the built-in and OpenSSL accept it",
        [leaf(root(), subject=subject, extensions=[], version=1,
        change_tbs=lambda e: [der.explicit(0, der.integer(0))] + e)], [root()])
    both("a leaf of version 3 without extensions", ACCEPT,
        "RFC 5280 4.1.2.1: should be 1, but is accepted",
        [leaf(root(), subject=subject, extensions=[])], [root()])
    both("a leaf with serial number 0", ACCEPT, "RFC 5280 4.1.2.2: be prepared to handle it",
        [leaf(root(), serial=0)], [root()], table=True)
    i = ca("zero", root(), serial=0)
    both("an intermediate with serial number 0", ACCEPT,
        "RFC 5280 4.1.2.2: be prepared to handle it", [leaf(i), i], [root()])
    r = ca("zero root", serial=0)
    both("a root with serial number 0", ACCEPT, "RFC 5280 4.1.2.2: be prepared to handle it",
        [leaf(r)], [r])
    both("a negative serial number", ACCEPT, "RFC 5280 4.1.2.2: be prepared to handle it",
        [leaf(root(), serial=-5)], [root()])
    both("a serial number of 20 bytes", ACCEPT, "RFC 5280 4.1.2.2",
        [leaf(root(), serial=(1 << 158) + 1)], [root()])
    both("a serial number of 32 bytes", ACCEPT,
        "RFC 5280 4.1.2.2: at most 20, but the built-in and OpenSSL accept it",
        [leaf(root(), serial=(1 << 254) + 1)], [root()])
    both("a serial number of 40 bytes", ACCEPT,
        "RFC 5280 4.1.2.2: at most 20, but the built-in and OpenSSL accept it",
        [leaf(root(), serial=(1 << 318) + 1)], [root()])

    def padded_serial(e):
        return [e[0], der.tlv(2, b"\0\0\5"), *e[2:]]

    both("a serial number that is not minimal", EITHER,
        "X.690 8.3.2; the built-in reads it, OpenSSL does not",
        [leaf(root(), change_tbs=padded_serial)], [root()], none="malformed")
    both("a serial number without octets", EITHER,
        "X.690 8.3.1; the built-in reads it, OpenSSL does not",
        [leaf(root(), change_tbs=lambda e: [e[0], der.tlv(2, b""), *e[2:]])], [root()],
        none="malformed", versions=TLS)

    def long_length(data):
        inner = der.content(data)
        return bytes([0x30, 0x83]) + len(inner).to_bytes(3, "big") + inner

    both("a length that is not minimal", ACCEPT,
        "X.690 10.1, but the built-in and OpenSSL read it", [leaf(root(), change=long_length)],
        [root()], exceptions=["DER"])

    def indefinite(data):
        return b"\x30\x80" + der.content(data) + b"\0\0"

    both("an indefinite length", REFUSE, "X.690 10.1", [leaf(root(), change=indefinite)],
        [root()], none="malformed")
    both("garbage after the certificate", EITHER,
        "RFC 5280 4.1; the built-in ignores it, OpenSSL refuses it",
        [leaf(root(), change=lambda d: d + b"\0")], [root()], none="malformed")
    both("the last byte is missing", REFUSE, "RFC 5280 4.1",
        [leaf(root(), change=lambda d: d[:-1])], [root()], none="malformed")
    both("an empty certificate", REFUSE, "RFC 5280 4.1",
        [leaf(root(), change=lambda d: b"\x30\0")], [root()], none="malformed")
    both("not a certificate", REFUSE, "RFC 5280 4.1",
        [leaf(root(), change=lambda d: b"not a certificate")], [root()], none="malformed")
    uid = lambda e: e[:7] + [der.tlv(0x81, b"\0abc"), der.tlv(0x82, b"\0def")] + e[7:]
    both("unique identifiers", EITHER, "RFC 5280 4.1.2.8; the built-in does not read these",
        [leaf(root(), change_tbs=uid)], [root()])
    both("an issuer name with different case and spaces", EITHER,
        "RFC 5280 7.1: comparison ignores them; the built-in's does not",
        [leaf(root(), issuer_name=name("O=MPWOLF  tests", "CN=ROOT"))], [root()])
    printable = name(der.attribute("O", "mpwolf tests", der.PRINTABLE),
        der.attribute("CN", "root", der.PRINTABLE))
    both("an issuer name in another string type", ACCEPT, "RFC 5280 7.1: the meaning is compared",
        [leaf(root(), issuer_name=printable)], [root()])
    both("an issuer name that is a prefix of the anchor's", REFUSE, "another name",
        [leaf(root(), issuer_name=name("O=mpwolf tests"))], [root()])
    both("the anchor's key, another issuer name", REFUSE, "RFC 5280 6.1.3 a",
        [leaf(root(), issuer_name=name("O=mpwolf tests", "CN=nobody"))], [root()])
    explicit_curve = Key("p256")
    both("a P-256 key with explicit parameters", REFUSE, "RFC 5480 2.1.1",
        [leaf(root(), key=explicit_curve, spki=explicit(explicit_curve))], [root()],
        none="the key can't be read")
    compressed = Key("p256")
    both("a compressed point", EITHER,
        "RFC 5480 2.2: support is optional",
        [leaf(root(), key=compressed, spki=compress(compressed))], [root()],
        none="the key can't be read")
    both("a point that is not on the curve", REFUSE, "RFC 5480 2.2",
        [leaf(root(), spki=off_curve(Key("p256")))], [root()], none="the key can't be read")
    teletex = name(der.attribute("CN", "www.example.com", der.T61))
    both("a subject in TeletexString", ACCEPT, "RFC 5280 4.1.2.4",
        [leaf(root(), subject=teletex)], [root()])
    bmp = name(der.attribute("CN", "leaf", der.BMP))
    both("a subject in BMPString", ACCEPT, "RFC 5280 4.1.2.4", [leaf(root(), subject=bmp)],
        [root()])
    both("a long subject", ACCEPT, "the built-in and OpenSSL accept it",
        [leaf(root(), subject=name(*("OU=%s" % ("unit %d " % n * 8) for n in range(6)),
        "CN=leaf"))], [root()])
    multi = der.sequence(der.set_of(der.attribute("CN", "leaf"), der.attribute("OU", "unit")))
    both("a subject with a set of two attributes", ACCEPT, "RFC 5280 4.1.2.4",
        [leaf(root(), subject=multi)], [root()], exceptions=["RDN"])


def bit_string(spki):
    return elements(der.content(spki))[1]


def explicit(key):
    p = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    g = (
        "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
        "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
    )
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    parameters = der.sequence(
        der.integer(1),
        der.sequence(der.oid("1.2.840.10045.1.1"), der.integer(p)),
        der.sequence(der.octets((p - 3).to_bytes(32, "big")), der.octets(b.to_bytes(32, "big"))),
        der.octets(b"\4" + bytes.fromhex(g)),
        der.integer(n),
        der.integer(1),
    )
    return der.sequence(der.sequence(der.oid("1.2.840.10045.2.1"), parameters),
        bit_string(key.spki))


def compress(key):
    algorithm, bits = elements(der.content(key.spki))
    point = der.content(bits)[1:]
    return der.sequence(algorithm, der.bits(bytes([2 + point[64] % 2]) + point[1:33]))


def off_curve(key):
    algorithm, bits = elements(der.content(key.spki))
    point = bytearray(der.content(bits)[1:])
    point[64] ^= 1
    return der.sequence(algorithm, der.bits(bytes(point)))


def modes():
    bad = [leaf(other_root())]
    server("CERT_NONE, a leaf of an unknown root", ACCEPT, "nothing is verified", bad, [root()],
        mode=NONE)
    server("CERT_NONE, an expired leaf", ACCEPT, "nothing is verified",
        [leaf(root(), start=-20, end=-1)], [root()], mode=NONE)
    server("CERT_NONE, another name", ACCEPT, "nothing is verified",
        [leaf(root(), "dns:other.example.com")], [root()], mode=NONE)
    server("CERT_NONE, no name requested", ACCEPT, "nothing is verified", bad, [root()],
        mode=NONE, host=None)
    r = ca("root rsa", key=rsa(2048))
    server("CERT_NONE, SHA-1", ACCEPT, "nothing is verified", [leaf(r, algorithm="rsa-sha1")],
        [r], mode=NONE)
    server("CERT_NONE, RSA-1024", ACCEPT, "nothing is verified", [leaf(root(), key=rsa(1024))],
        [root()], mode=NONE)
    server("CERT_NONE, no anchors", ACCEPT, "nothing is verified", bad, [], mode=NONE)
    server("CERT_NONE, clientAuth only", ACCEPT, "nothing is verified",
        [leaf(root(), purposes=("clientAuth",))], [root()], mode=NONE)
    both("CERT_OPTIONAL, a good leaf", ACCEPT, "CERT_OPTIONAL", [good()], [root()], mode=OPTIONAL)
    both("CERT_OPTIONAL, a leaf of an unknown root", ACCEPT,
        "CERT_OPTIONAL: what is wrong is not an error, as in the built-in", bad, [root()],
        mode=OPTIONAL)
    both("CERT_OPTIONAL, an expired leaf", ACCEPT,
        "CERT_OPTIONAL: what is wrong is not an error, as in the built-in",
        [leaf(root(), start=-20, end=-1)], [root()], mode=OPTIONAL)
    both("CERT_OPTIONAL, then CERT_REQUIRED", REFUSE, "the context decides as a new one does",
        steps=[step(ACCEPT, bad, [root()], mode=OPTIONAL), step(REFUSE, bad),
        step(ACCEPT, [good()])][:2])
    server("CERT_NONE, then CERT_REQUIRED", REFUSE, "the context decides as a new one does",
           steps=[step(ACCEPT, bad, [root()], mode=NONE), step(REFUSE, bad)])
    server("CERT_NONE, then CERT_REQUIRED, a good leaf", ACCEPT,
        "the context decides as a new one does",
        steps=[step(ACCEPT, bad, [root()], mode=NONE), step(ACCEPT, [good()])])
    both("CERT_REQUIRED, then CERT_OPTIONAL", ACCEPT, "the context decides as a new one does",
         steps=[step(REFUSE, bad, [root()]), step(ACCEPT, bad, mode=OPTIONAL)])
    client("CERT_NONE, then CERT_REQUIRED, no certificate", REFUSE,
        "the context decides as a new one does",
        steps=[step(ACCEPT, [], [root()], mode=NONE), step(REFUSE, [])])


def keys():
    """What the side under test has itself: a key that does not match its certificate is found
    before it is used. (With an ecdsa_sign_callback an EC key may belong to a secure element, and
    then matches none.)"""
    makers = {"P-256": lambda: Key("p256"), "P-384": lambda: Key("p384"),
        "RSA": lambda: rsa(2048, 1), "Ed25519": lambda: Key("ed25519")}
    other = {"P-256": Key("p256"), "P-384": Key("p384"), "RSA": rsa(2048),
        "Ed25519": Key("ed25519")}
    for kind, make in makers.items():
        cert = leaf(root(), key=make())
        mine = with_article(kind)
        add("own", mine + " certificate and its key", ACCEPT, "they belong together", [cert],
            mode=NONE)
        add("own", "%s certificate and another %s key" % (mine, kind), REFUSE,
            "CPython refuses it too: the one exception to the rule", [cert], key=other[kind],
            table=True, versions=TLS, mode=NONE)
        for wrong in makers:
            if wrong != kind:
                add("own", "%s certificate and %s key" % (mine, with_article(wrong)), REFUSE,
                    "CPython refuses it too: the one exception to the rule", [cert],
                    key=other[wrong], versions=TLS, mode=NONE)


def named(host, sans, right, why, cn="leaf", table=False, subject=None, none=ACCEPT, what=None,
    versions=None):
    """A server's certificate with these alternative names (None: none at all), and who is asked
    for."""
    if sans is None:
        end = leaf(root(), alternatives=False, subject=subject or name("CN=" + cn))
        shown = "CN " + (what or cn)
    else:
        end = leaf(root(), alternatives=False, subject=subject or name("CN=" + cn),
            extra=[der.extension("2.5.29.17", der.sequence(*(der.general_name(s) for s in sans)))])
        shown = what or " ".join(shown_name(s) for s in sans) or "empty SAN"
        if cn != "leaf":
            shown += ", CN " + cn
    # crypto/tls refuses a client that requests such a name, whichever certificate it would accept.
    plain = host.replace(".", "").replace("-",
        "").isalnum() and host[0] != "." and host[-1] != "." and ".." not in host
    server("name: %s for %s" % (host or "''", shown), right, why, [end], [root()], host=host,
        table=table, none=none, versions=versions, peer="" if plain or ":" in host else "openssl")


def shown_name(text):
    kind, _, value = text.partition(":")
    return (value if kind == "dns" else "%s %s" % ({"ip": "IP"}.get(kind, kind), value)) or "''"


def dns_names():
    dns = "RFC 6125 6.4"
    for host, san in (
        ("www.example.com", "www.example.com"),
        ("WWW.Example.COM", "www.example.com"),
        ("www.example.com", "WWW.EXAMPLE.com"),
        ("example.com", "example.com"),
        ("a.b.c.d.e.example.com", "a.b.c.d.e.example.com"),
        ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
        ("XN--E1AFMKFD.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
        ("a-b.example.com", "a-b.example.com"),
        ("under_score.example.com", "under_score.example.com"),
        ("1.example.com", "1.example.com"),
        ("localhost", "localhost"),
        ("router", "router"),
        ("x" * 63 + ".example.com", "x" * 63 + ".example.com"),
        (".".join(["x" * 49] * 5), ".".join(["x" * 49] * 5)),
    ):
        named(host, ["dns:" + san], ACCEPT, dns)
    for host, san in (
        ("www.example.com", "example.com"),
        ("example.com", "www.example.com"),
        ("www.example.com", "www.example.org"),
        ("www.example.com", "wwww.example.com"),
        ("www.example.com", "ww.example.com"),
        ("www.example.com", "www.example.co"),
        ("www.example.co", "www.example.com"),
        ("www.example.com", "www.example.com.evil.org"),
        ("www.example.com", ".example.com"),
        ("www.example.com", "com"),
        ("www.example.com", "www.example.com "),
        ("www.example.com", " www.example.com"),
        ("www.example.com", ""),
        ("localhost", "localhost.localdomain"),
        ("router", "router.example.com"),
        ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ac"),
    ):
        named(host, ["dns:" + san], REFUSE, dns)
    named("www.example.com", ["dns:a.example.com", "dns:www.example.com"], ACCEPT, dns)
    named("www.example.com", ["dns:www.example.com", "dns:a.example.com"], ACCEPT, dns)
    named("www.example.com", ["ip:1.2.3.4", "email:a@example.com", "uri:https://a/",
        "dns:www.example.com"], ACCEPT, dns)
    named("www.example.com", ["dns:n%d.example.com" % n for n in range(200)]
        + ["dns:www.example.com"], ACCEPT, dns, what="the last of 201")
    # Wildcards.
    star = "RFC 6125 6.4.3: * is a whole left-most label"
    for host, san, table in (
        ("www.example.com", "*.example.com", True),
        ("WWW.EXAMPLE.COM", "*.example.com", False),
        ("www.example.com", "*.EXAMPLE.com", False),
        ("a-b_c.example.com", "*.example.com", False),
        ("www.xn--e1afmkfd.xn--p1ai", "*.xn--e1afmkfd.xn--p1ai", True),
        ("xn--e1afmkfd.example.com", "*.example.com", False),
        ("a.b.example.com", "*.b.example.com", False),
    ):
        named(host, ["dns:" + san], ACCEPT, star, table=table)
    named("example.com", ["dns:*.com"], ACCEPT, "the built-in accepts it", table=True)
    for host, san, table in (
        ("foo.bar.example.com", "foo.*.example.com", True),
        ("a.b.example.com", "*.*.example.com", False),
        ("www.example.com", "*.*.com", True),
        ("example.com", "*.*", True),
        ("foo.bar.com", "f*.b*.c*", True),
        ("book.com", "b**k.com", True),
        ("bar.com", "ba*.com", True),
        ("foobar.example.com", "foo*.example.com", True),
        ("foobar.example.com", "*bar.example.com", True),
        ("foobar.example.com", "f*r.example.com", True),
        ("localhost", "*", True),
        ("localhost", "loc*", True),
        ("localhost", "*.localhost", False),
        ("www.example.com", "*", True),
        ("www.example.com", "*.", False),
        ("www.example.com", "**.example.com", True),
        ("www.example.com", "*.com", True),
        ("www.example.com", "*www.example.com", False),
        ("www.example.com", "w*.example.com", False),
        ("www.example.com", "www.*.com", True),
        ("www.example.com", "www.example.*", True),
        ("example.com", "*.example.com", True),
        (".example.com", "*.example.com", False),
        ("a.b.example.com", "*.example.com", True),
        ("www.example.com", "*example.com", False),
        ("xn--e1afmkfd.example.com", "xn--*.example.com", True),
        ("*.example.com.org", "*.example.com", False),
        ("www.example.com", "?ww.example.com", False),
    ):
        named(host, ["dns:" + san], REFUSE, star, table=table)
    named("*.example.com", ["dns:*.example.com"], ACCEPT, "the same text")
    # Trailing dots.
    dot = "the built-in and OpenSSL compare the dot too"
    named("www.example.com", ["dns:www.example.com."], REFUSE, dot, table=True)
    named("www.example.com", ["dns:*.example.com."], REFUSE, dot, table=True)
    named("www.example.com.", ["dns:www.example.com"], REFUSE, dot)
    named("www.example.com.", ["dns:*.example.com"], REFUSE, dot)
    named("www.example.com.", ["dns:www.example.com."], ACCEPT, "the same text")
    named("www.example.com..", ["dns:www.example.com"], REFUSE, dot)
    named("www.example.com", ["dns:www.example.com.."], REFUSE, dot)


def addresses():
    ip4, ip6 = "192.0.2.1", "2001:db8::8a2e:370:7334"
    why = "RFC 5280 4.2.1.6, RFC 2818 3.1"
    named(ip4, ["ip:" + ip4], ACCEPT, why, table=True)
    named(ip4, ["ip:192.0.2.2"], REFUSE, why)
    named(ip4, ["ip:192.0.2.2", "ip:" + ip4], ACCEPT, why)
    named(ip4, ["dns:www.example.com", "ip:" + ip4], ACCEPT, why)
    named(ip4, ["dns:" + ip4], ACCEPT,
        "the built-in compares text, RFC 2818 3.1 requires an iPAddress: the built-in decides")
    named(ip4, ["dns:*.0.2.1"], EITHER,
        "the built-in accepts it; RFC 2818 3.1 requires an iPAddress, and a wildcard is not one")
    named("www.example.com", ["ip:" + ip4], REFUSE, why)
    named(ip4, ["ip:hex=c0000201c0000201"], REFUSE, "an address has 4 or 16 bytes",
        none="malformed")
    named(ip4, ["ip:hex=c00002"], REFUSE, "an address has 4 or 16 bytes", none="malformed")
    named(ip4, ["ip:hex="], REFUSE, "an address has 4 or 16 bytes", none="malformed")
    named(ip4, ["ip:hex=c0000201ffffffff"], REFUSE, "a mask is for constraints", none="malformed")
    named(ip4, ["ip:::ffff:" + ip4], REFUSE, "an IPv4 address has 4 bytes")
    named("::ffff:" + ip4, ["ip:" + ip4], REFUSE, "an IPv6 address has 16 bytes")
    named("::ffff:" + ip4, ["ip:::ffff:" + ip4], ACCEPT, why)
    named(ip4, ["email:" + ip4], REFUSE, why)
    named(ip4, ["uri:" + ip4], EITHER, "the built-in accepts it; a URI is not an address")
    for host in ("192.0.2.01", "192.0.2.001", "0xc0.0.2.1", "0300.0.2.1", "192.0.513", "192.513",
        "3221225985", "0xc0000201", "192.0.2.1.", " 192.0.2.1", "192.0.2.1 ", "192.0.2",
        "192.0.2.1.1", "192.0.2.257", "192.0.2.-1", "192.0..1"):
        named(host, ["ip:" + ip4], REFUSE, "not the spelling of an IPv4 address")
    for host in (
        "2001:db8::8a2e:370:7334",
        "2001:0db8:0000:0000:0000:8a2e:0370:7334",
        "2001:db8:0:0:0:8a2e:370:7334",
        "2001:DB8::8A2E:370:7334",
        "2001:db8:0:0::8a2e:370:7334",
        "2001:db8::0:8a2e:370:7334",
        "2001:db8::8a2e:3.112.115.52",
    ):
        named(host, ["ip:" + ip6], ACCEPT, "RFC 4291 2.2: one address", table=True)
    for host, san in (("::1", "::1"), ("0:0:0:0:0:0:0:1", "::1"), ("::", "::"), ("1::", "1::"),
        ("::0.0.0.1", "::1"), ("fe80::1", "fe80::1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8")):
        named(host, ["ip:" + san], ACCEPT, "RFC 4291 2.2: one address", table=host == "::1")
    for host in ("2001:db8::8a2e:370:7335", "2001:db8::8a2e::370:7334", "2001:db8:8a2e:370:7334",
        "[2001:db8::8a2e:370:7334]", "2001:db8::8a2e:370:7334%eth0", "2001:db8::8a2e:370:7334/64",
        "2001:db8::8a2e:370:07334", ":2001:db8::8a2e:370:7334", "2001:db8::8a2e:370:7334:",
        "2001:db8::8a2e:370:733g", "2001:db8:0:0:0:0:8a2e:370:7334", "::8a2e:370:7334"):
        named(host, ["ip:" + ip6], REFUSE, "RFC 4291 2.2: not that address")
    named(ip6, ["dns:" + ip6], ACCEPT,
        "the built-in compares text, RFC 2818 3.1 requires an iPAddress: the built-in decides")
    named(ip6, ["ip:hex=20010db8"], REFUSE, "a different length")


def common_names():
    cn = "RFC 6125 6.4.4: used if there is no subjectAltName, as in the built-in"
    named("www.example.com", None, ACCEPT, cn, cn="www.example.com")
    named("WWW.example.com", None, ACCEPT, cn, cn="www.EXAMPLE.com")
    named("www.example.com", None, ACCEPT, cn, cn="*.example.com")
    named("www.example.com", None, REFUSE, cn, cn="www.example.org")
    named("www.example.com", None, REFUSE, cn, cn="www.example.com.")
    named("foobar.example.com", None, REFUSE, cn, cn="foo*.example.com")
    named("www.example.com", None, REFUSE, cn, cn="leaf")
    named("localhost", None, ACCEPT, cn, cn="localhost")
    named("router", None, ACCEPT, cn, cn="router")
    named("192.0.2.1", None, ACCEPT, "the built-in accepts it", cn="192.0.2.1", table=True)
    named("2001:db8::1", None, ACCEPT, "the built-in accepts it", cn="2001:db8::1")
    named("2001:DB8::1", None, ACCEPT, "the built-in compares text", cn="2001:db8::1")
    named("2001:db8:0::1", None, REFUSE, "the built-in compares text", cn="2001:db8::1")
    named("192.0.2.1", None, EITHER, "the built-in accepts it; a wildcard is not an address",
        cn="*.0.2.1")
    for sans in (["dns:other.example.com"], ["ip:192.0.2.1"], ["uri:https://www.example.com/"],
        ["email:a@example.com"], ["dir:CN=www.example.com"], ["rid:1.2.3.4"], [], ["dns:"]):
        why = "the built-in uses the common name only if there is no subjectAltName"
        named("www.example.com", sans, REFUSE, why, cn="www.example.com",
            table=sans == ["email:a@example.com"], what="empty SAN" if not sans else sans[0],
            none=ACCEPT if sans else "malformed")
    named("192.0.2.1", ["dns:www.example.com"], REFUSE,
        "the built-in uses the common name only if there is no subjectAltName",
        cn="192.0.2.1")
    last = name("CN=other.example.com", "CN=www.example.com")
    named("www.example.com", None, ACCEPT, "the built-in and OpenSSL check all", subject=last,
        what="the last of two")
    first = name("CN=www.example.com", "CN=other.example.com")
    named("www.example.com", None, ACCEPT, "the built-in and OpenSSL check all", subject=first,
        what="the first of two")
    named("www.example.com", None, REFUSE, "not a common name",
        subject=name("O=www.example.com", "OU=www.example.com"), what="none, but an O and an OU")
    named("www.example.com", None, REFUSE, "no name at all", subject=name(),
        what="none, an empty subject")
    named("www.example.com", None, REFUSE, "not a common name",
        subject=name("DC=com", "DC=example", "DC=www"), what="none, but DCs")
    named("www.example.com", None, REFUSE, "the name contains a NUL",
        subject=name(der.attribute("CN", b"www.example.com\0.evil.org")),
        what="www.example.com\\0.evil.org")
    named("www.example.com", None, EITHER, "RFC 5280 4.1.2.4; the built-in compares octets",
        subject=name(der.attribute("CN", "www.example.com", der.BMP)), what="as BMPString")
    named("www.example.com", None, ACCEPT, "RFC 5280 4.1.2.4",
        subject=name(der.attribute("CN", "www.example.com", der.PRINTABLE)),
        what="as PrintableString")
    named("www.example.com", None, ACCEPT, "RFC 5280 4.1.2.4",
        subject=name(der.attribute("CN", "www.example.com", der.T61)), what="as TeletexString")
    long = "x" * 60 + "." + "y" * 60 + ".example.com"
    named(long, None, ACCEPT,
        "RFC 5280: at most 64 characters, but the built-in and OpenSSL accept it", cn=long)


def odd_names():
    nul = "a NUL does not end a name"
    dns = lambda data: der.tlv(0x82, data)
    for san, shown in ((b"www.example.com\0.evil.org", "www.example.com\\0.evil.org"),
        (b"www.example.com\0", "www.example.com\\0"),
        (b"\0www.example.com", "\\0www.example.com"), (b"*\0.example.com", "*\\0.example.com")):
        named("www.example.com", [dns(san)], REFUSE, nul, what=shown, none="malformed")
    named("www.example.com", [dns(b"www.ex\xc3\xa4mple.com")], REFUSE, "another name",
        what="UTF-8")
    named("www.example.com", [dns(b"x" * 2000)], REFUSE, "another name", what="2,000 letters")
    named("www.example.com", [dns(b"x" * 2000), "dns:www.example.com"], ACCEPT, "RFC 6125 6.4",
        what="2,000 letters and www.example.com")
    named("www.example.com", ["email:www.example.com"], REFUSE,
        "an e-mail address is not a host name", what="e-mail www.example.com")
    named("www.example.com", ["uri:www.example.com"], EITHER,
        "the built-in accepts it; a URI is not a host name", what="URI www.example.com")
    named("www.example.com", ["uri:https://www.example.com"], REFUSE, "a URI is not a host name",
        what="URI https://www.example.com")
    named("www.example.com", ["dir:CN=www.example.com"], REFUSE,
        "a directoryName is not a host name", what="directoryName CN=www.example.com")
    other = der.explicit(0, der.oid("1.3.6.1.4.1.99999.7"),
        der.explicit(0, der.tlv(0x0C, b"www.example.com")))
    named("www.example.com", [other], REFUSE, "an otherName is not a host name", what="otherName")
    named("www.example.com", [other, "dns:www.example.com"], ACCEPT, "RFC 6125 6.4",
        what="otherName and www.example.com")
    srv = der.explicit(0, der.oid("1.3.6.1.5.5.7.8.7"),
        der.explicit(0, der.tlv(0x16, b"_https.www.example.com")))
    named("www.example.com", [srv], REFUSE, "an SRVName is not a host name", what="SRVName")
    named("", ["dns:www.example.com"], REFUSE, "no name can match", table=True)
    named("", ["dns:"], REFUSE, "an empty name is not a name, though the built-in compares text",
        what="an empty name")
    named("", None, REFUSE, "no name can match", subject=name(), what="none, an empty subject")
    named(" ", ["dns:www.example.com"], REFUSE, "another name")
    named(".", ["dns:www.example.com"], REFUSE, "another name")
    named("www..example.com", ["dns:www.example.com"], REFUSE, "another name")
    named("www.example.com:443", ["dns:www.example.com"], REFUSE, "another name")
    named("https://www.example.com", ["dns:www.example.com"], REFUSE, "another name")
    server("no name requested", REFUSE, "a client that verifies needs a name (ValueError)",
        [good()], [root()], host=None)
