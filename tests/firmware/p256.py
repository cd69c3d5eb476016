# ECDSA signatures with P-256 in plain Python: what a secure element would do for
# ecdsa_sign_callback, slowly. For tests only: the secrets leak through the time that it takes.

import os

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def inverse(a, m):
    x, y, b = 1, 0, m
    a %= m
    while b:
        q = a // b
        a, b = b, a - q * b
        x, y = y, x - q * y
    return x % m


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = 3 * (p[0] * p[0] - 1) * inverse(2 * p[1], P)
    else:
        slope = (q[1] - p[1]) * inverse(q[0] - p[0], P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def multiply(k, p):
    r = None
    while k:
        if k & 1:
            r = add(r, p)
        p = add(p, p)
        k >>= 1
    return r


# A positive number in DER.
def integer(n):
    data = n.to_bytes(33, "big")
    while data[0] == 0 and data[1] < 0x80:
        data = data[1:]
    return bytes((2, len(data))) + data


# A signature in DER: secret is 32 bytes, digest what was hashed to.
def sign(secret, digest):
    d = int.from_bytes(bytes(secret), "big")
    z = int.from_bytes(bytes(digest)[:32], "big")
    k = int.from_bytes(os.urandom(32), "big") % (N - 1) + 1
    r = multiply(k, G)[0] % N
    s = inverse(k, N) * (z + r * d) % N
    body = integer(r) + integer(s)
    return bytes((0x30, len(body))) + body


# A callback that signs with the secret of a file, 32 bytes, and not with the key that the context
# was given.
def signer(file):
    with open(file, "rb") as f:
        secret = f.read()

    def callback(key, digest):
        if bytes(key) == secret:
            raise ValueError("the context has the secret")
        return sign(secret, digest)

    return callback
