# What the module wolfcryptolib has on unix, for editors and type checkers. A test compares it with
# dir().

from typing import Any

Buffer = bytes | bytearray | memoryview

MODE_ECB: int
MODE_CBC: int
MODE_CTR: int

class aes:
    def __init__(self, key: Buffer, mode: int, iv: Buffer | None = None, /) -> None: ...
    def encrypt(self, data: Buffer, out: Any = None, /) -> bytes: ...
    def decrypt(self, data: Buffer, out: Any = None, /) -> bytes: ...
