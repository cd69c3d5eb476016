# What the module wolfssl has on unix, for editors and type checkers. On other ports, and with other
# settings, some of it is absent: docs/tls.md of the mpwolf project. A test compares it with dir().

from typing import Any, Callable, Protocol, Sequence

Buffer = bytes | bytearray | memoryview

class Stream(Protocol):
    def readinto(self, buf: Any, /) -> int | None: ...
    def write(self, buf: Any, /) -> int | None: ...
    def ioctl(self, request: int, arg: int, /) -> int: ...

CERT_NONE: int
CERT_OPTIONAL: int
CERT_REQUIRED: int
OCSP_OFF: int
OCSP_STAPLED: int
OCSP_REQUIRED: int
PROTOCOL_TLS_CLIENT: int
PROTOCOL_TLS_SERVER: int
PROTOCOL_DTLS_CLIENT: int
PROTOCOL_DTLS_SERVER: int
MBEDTLS_VERSION: str
WOLFSSL_VERSION: str

class TLSVersion:
    MINIMUM_SUPPORTED: int
    TLSv1_2: int
    TLSv1_3: int
    MAXIMUM_SUPPORTED: int

class SSLSession:
    def __init__(self, data: Buffer, /) -> None: ...
    def __bytes__(self) -> bytes: ...

class SSLSocket:
    session: SSLSession | None
    session_reused: bool | None
    def read(self, size: int = -1, /) -> bytes | None: ...
    def readinto(self, buf: Any, nbytes: int = ..., /) -> int | None: ...
    def readline(self, size: int = -1, /) -> bytes | None: ...
    def write(self, buf: Buffer | str, /) -> int | None: ...
    def recv(self, size: int, /) -> bytes | None: ...
    def recv_into(self, buf: Any, nbytes: int = ..., /) -> int | None: ...
    def send(self, buf: Buffer | str, /) -> int | None: ...
    def sendall(self, buf: Buffer | str, /) -> int | None: ...
    def setblocking(self, flag: bool, /) -> None: ...
    def close(self) -> None: ...
    def getpeercert(self, binary_form: bool = False, /) -> dict[str, Any] | bytes | None: ...
    def get_verified_chain(self) -> list[bytes]: ...
    def get_unverified_chain(self) -> list[bytes]: ...
    def cipher(self) -> tuple[str, str] | None: ...
    def version(self) -> str | None: ...
    def selected_alpn_protocol(self) -> str | None: ...

class SSLContext:
    verify_mode: int
    verify_callback: Callable[[Any, int], int] | None
    pins: Sequence[bytes | str] | None
    ocsp: int
    suppress_ragged_eofs: bool
    minimum_version: int
    maximum_version: int
    max_fragment_length: int
    session: SSLSession | None
    session_cache_size: int
    ecdsa_sign_callback: Callable[[bytearray, bytearray], Buffer | None] | None
    psk_identity: bytes | str | None
    psk_key: bytes | str | None
    server_psk_keys: Any
    def __init__(self, protocol: int, /) -> None: ...
    def get_ciphers(self) -> list[str]: ...
    def set_ciphers(self, ciphers: Sequence[str], /) -> None: ...
    def set_alpn_protocols(self, protocols: Sequence[bytes | str], /) -> None: ...
    def set_psk_client_callback(
        self, callback: Callable[[str | None], tuple[str | bytes | None, Buffer]] | None, /
    ) -> None: ...
    def set_psk_server_callback(
        self,
        callback: Callable[[str | None], Buffer | None] | None,
        identity_hint: str | None = None,
    ) -> None: ...
    def load_cert_chain(self, cert: Buffer | str, key: Buffer | str, /) -> None: ...
    def load_verify_locations(
        self, cadata: Buffer | str | None = None, *, cafile: str | None = None
    ) -> None: ...
    def load_default_certs(self) -> None: ...
    def wrap_socket(
        self,
        sock: Stream,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        server_hostname: str | None = None,
        *,
        client_id: Buffer | None = None,
        suppress_ragged_eofs: bool | None = None,
        session: SSLSession | None = None,
    ) -> SSLSocket: ...

def create_default_context(
    *, cafile: str | None = None, cadata: Buffer | str | None = None
) -> SSLContext: ...
def wrap_socket(
    sock: Stream,
    server_side: bool = False,
    key: Buffer | str | None = None,
    cert: Buffer | str | None = None,
    cert_reqs: int = ...,
    cadata: Buffer | None = None,
    server_hostname: str | None = None,
    do_handshake: bool = True,
    *,
    suppress_ragged_eofs: bool | None = None,
) -> SSLSocket: ...
