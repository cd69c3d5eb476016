# What the module wolfcryptolib has on unix, for editors and type checkers. A test compares it with
# dir(). On other ports, and with other settings, some of it is absent: docs/crypto.md of the mpwolf
# project.

from collections.abc import Iterator
from typing import Any

Buffer = bytes | bytearray | memoryview

MODE_ECB: int
MODE_CBC: int
MODE_CTR: int

class aes:
    def __init__(self, key: Buffer, mode: int, iv: Buffer | None = None, /) -> None: ...
    def encrypt(self, data: Buffer, out: Any = None, /) -> bytes: ...
    def decrypt(self, data: Buffer, out: Any = None, /) -> bytes: ...

class InvalidTag(Exception): ...
class InvalidSignature(Exception): ...
class InvalidUnwrap(Exception): ...
class AlreadyFinalized(Exception): ...

class _AEAD:
    def encrypt(self, nonce: Buffer, data: Buffer, associated_data: Buffer | None) -> bytes: ...
    def decrypt(self, nonce: Buffer, data: Buffer, associated_data: Buffer | None) -> bytes: ...
    def encrypt_into(
        self, nonce: Buffer, data: Buffer, associated_data: Buffer | None, buf: Buffer
    ) -> int: ...
    def decrypt_into(
        self, nonce: Buffer, data: Buffer, associated_data: Buffer | None, buf: Buffer
    ) -> int: ...

class AESGCM(_AEAD):
    def __init__(self, key: Buffer) -> None: ...
    @staticmethod
    def generate_key(bit_length: int) -> bytes: ...

class AESCCM(_AEAD):
    def __init__(self, key: Buffer, tag_length: int = 16) -> None: ...
    @staticmethod
    def generate_key(bit_length: int) -> bytes: ...

class ChaCha20Poly1305(_AEAD):
    def __init__(self, key: Buffer) -> None: ...
    @staticmethod
    def generate_key() -> bytes: ...

class CMAC:
    def __init__(self, key: Buffer, /) -> None: ...
    def update(self, data: Buffer, /) -> None: ...
    def copy(self) -> CMAC: ...
    def finalize(self) -> bytes: ...
    def verify(self, signature: Buffer, /) -> None: ...

def aes_key_wrap(wrapping_key: Buffer, key_to_wrap: Buffer, /) -> bytes: ...
def aes_key_unwrap(wrapping_key: Buffer, wrapped_key: Buffer, /) -> bytes: ...
def urandom(n: int, /) -> bytes: ...

# Each of these is an object that returns itself when it is called, as pyca's classes without
# arguments are used.
_Parameter = Any

# A time in UTC as time.gmtime() has it; the first six numbers are enough where one is given.
_Time = tuple[int, ...]

_List = list[Any] | tuple[Any, ...]

class hashes:
    SHA1: _Parameter
    SHA224: _Parameter
    SHA256: _Parameter
    SHA384: _Parameter
    SHA512: _Parameter
    SHA3_256: _Parameter
    SHA3_384: _Parameter
    SHA3_512: _Parameter

class utils:
    @staticmethod
    def Prehashed(algorithm: _Parameter, /) -> _Parameter: ...
    @staticmethod
    def decode_dss_signature(signature: Buffer, /) -> tuple[int, int]: ...
    @staticmethod
    def encode_dss_signature(r: int, s: int, /) -> bytes: ...

class _PrivateKey:
    def public_key(self) -> Any: ...
    def private_bytes(
        self, encoding: int, format: int, encryption_algorithm: _Parameter
    ) -> bytes: ...

class _PublicKey:
    def public_bytes(self, encoding: int, format: int) -> bytes: ...

class ec:
    SECP256R1: _Parameter
    SECP384R1: _Parameter
    SECP521R1: _Parameter
    ECDH: _Parameter

    class EllipticCurvePrivateKey(_PrivateKey):
        def sign(self, data: Buffer, signature_algorithm: _Parameter, /) -> bytes: ...
        def exchange(
            self, algorithm: _Parameter, peer_public_key: ec.EllipticCurvePublicKey, /
        ) -> bytes: ...

    class EllipticCurvePublicKey(_PublicKey):
        def verify(
            self, signature: Buffer, data: Buffer, signature_algorithm: _Parameter, /
        ) -> None: ...
        @staticmethod
        def from_encoded_point(
            curve: _Parameter, data: Buffer, /
        ) -> ec.EllipticCurvePublicKey: ...

    @staticmethod
    def ECDSA(algorithm: _Parameter, /) -> _Parameter: ...
    @staticmethod
    def generate_private_key(curve: _Parameter, /) -> ec.EllipticCurvePrivateKey: ...
    @staticmethod
    def derive_private_key(
        private_value: int, curve: _Parameter, /
    ) -> ec.EllipticCurvePrivateKey: ...

class ed25519:
    class Ed25519PrivateKey(_PrivateKey):
        @staticmethod
        def generate() -> ed25519.Ed25519PrivateKey: ...
        @staticmethod
        def from_private_bytes(data: Buffer, /) -> ed25519.Ed25519PrivateKey: ...
        def private_bytes_raw(self) -> bytes: ...
        def sign(self, data: Buffer, /) -> bytes: ...

    class Ed25519PublicKey(_PublicKey):
        @staticmethod
        def from_public_bytes(data: Buffer, /) -> ed25519.Ed25519PublicKey: ...
        def public_bytes_raw(self) -> bytes: ...
        def verify(self, signature: Buffer, data: Buffer, /) -> None: ...

class x25519:
    class X25519PrivateKey(_PrivateKey):
        @staticmethod
        def generate() -> x25519.X25519PrivateKey: ...
        @staticmethod
        def from_private_bytes(data: Buffer, /) -> x25519.X25519PrivateKey: ...
        def private_bytes_raw(self) -> bytes: ...
        def exchange(self, peer_public_key: x25519.X25519PublicKey, /) -> bytes: ...

    class X25519PublicKey(_PublicKey):
        @staticmethod
        def from_public_bytes(data: Buffer, /) -> x25519.X25519PublicKey: ...
        def public_bytes_raw(self) -> bytes: ...

class rsa:
    class RSAPrivateKey(_PrivateKey):
        def sign(self, data: Buffer, padding: _Parameter, algorithm: _Parameter, /) -> bytes: ...
        def decrypt(self, ciphertext: Buffer, padding: _Parameter, /) -> bytes: ...

    class RSAPublicKey(_PublicKey):
        def verify(
            self, signature: Buffer, data: Buffer, padding: _Parameter, algorithm: _Parameter, /
        ) -> None: ...
        def encrypt(self, plaintext: Buffer, padding: _Parameter, /) -> bytes: ...

    @staticmethod
    def generate_private_key(public_exponent: int, key_size: int) -> rsa.RSAPrivateKey: ...

class padding:
    PKCS1v15: _Parameter

    class PSS:
        MAX_LENGTH: int
        AUTO: int
        DIGEST_LENGTH: int
        def __init__(self, mgf: _Parameter, salt_length: int) -> None: ...

    @staticmethod
    def OAEP(mgf: _Parameter, algorithm: _Parameter, label: Buffer | None) -> _Parameter: ...
    @staticmethod
    def MGF1(algorithm: _Parameter) -> _Parameter: ...

class serialization:
    class Encoding:
        PEM: int
        DER: int
        Raw: int
        X962: int

    class PrivateFormat:
        TraditionalOpenSSL: int
        PKCS8: int
        Raw: int

    class PublicFormat:
        SubjectPublicKeyInfo: int
        PKCS1: int
        Raw: int
        UncompressedPoint: int

    NoEncryption: _Parameter
    @staticmethod
    def load_pem_private_key(data: Buffer, password: None = None) -> Any: ...
    @staticmethod
    def load_der_private_key(data: Buffer, password: None = None) -> Any: ...
    @staticmethod
    def load_pem_public_key(data: Buffer, /) -> Any: ...
    @staticmethod
    def load_der_public_key(data: Buffer, /) -> Any: ...

class x509:
    @staticmethod
    def load_der_x509_certificate(data: Buffer, /) -> x509.Certificate: ...
    @staticmethod
    def load_pem_x509_certificate(data: Buffer, /) -> x509.Certificate: ...
    @staticmethod
    def load_pem_x509_certificates(data: Buffer, /) -> list[x509.Certificate]: ...
    @staticmethod
    def load_der_x509_csr(data: Buffer, /) -> x509.CertificateSigningRequest: ...
    @staticmethod
    def load_pem_x509_csr(data: Buffer, /) -> x509.CertificateSigningRequest: ...
    @staticmethod
    def random_serial_number() -> int: ...

    class Version:
        v1: int
        v3: int

    class ExtensionNotFound(Exception): ...

    class Certificate:
        subject: x509.Name
        issuer: x509.Name
        serial_number: int
        version: int
        not_valid_before: _Time
        not_valid_after: _Time
        not_valid_before_utc: _Time
        not_valid_after_utc: _Time
        extensions: x509.Extensions
        signature: bytes
        signature_algorithm_oid: x509.ObjectIdentifier
        signature_hash_algorithm: _Parameter | None
        tbs_certificate_bytes: bytes
        def public_key(self) -> Any: ...
        def fingerprint(self, algorithm: _Parameter, /) -> bytes: ...
        def public_bytes(self, encoding: int) -> bytes: ...
        def verify_directly_issued_by(self, issuer: x509.Certificate, /) -> None: ...

    class CertificateSigningRequest:
        subject: x509.Name
        extensions: x509.Extensions
        is_signature_valid: bool
        signature: bytes
        signature_algorithm_oid: x509.ObjectIdentifier
        signature_hash_algorithm: _Parameter | None
        tbs_certrequest_bytes: bytes
        def public_key(self) -> Any: ...
        def public_bytes(self, encoding: int) -> bytes: ...

    class ObjectIdentifier:
        dotted_string: str
        def __init__(self, dotted_string: str, /) -> None: ...

    class NameOID:
        COMMON_NAME: x509.ObjectIdentifier
        SURNAME: x509.ObjectIdentifier
        SERIAL_NUMBER: x509.ObjectIdentifier
        COUNTRY_NAME: x509.ObjectIdentifier
        LOCALITY_NAME: x509.ObjectIdentifier
        STATE_OR_PROVINCE_NAME: x509.ObjectIdentifier
        STREET_ADDRESS: x509.ObjectIdentifier
        ORGANIZATION_NAME: x509.ObjectIdentifier
        ORGANIZATIONAL_UNIT_NAME: x509.ObjectIdentifier
        TITLE: x509.ObjectIdentifier
        GIVEN_NAME: x509.ObjectIdentifier
        DN_QUALIFIER: x509.ObjectIdentifier
        PSEUDONYM: x509.ObjectIdentifier
        USER_ID: x509.ObjectIdentifier
        DOMAIN_COMPONENT: x509.ObjectIdentifier
        EMAIL_ADDRESS: x509.ObjectIdentifier

    class ExtendedKeyUsageOID:
        ANY_EXTENDED_KEY_USAGE: x509.ObjectIdentifier
        SERVER_AUTH: x509.ObjectIdentifier
        CLIENT_AUTH: x509.ObjectIdentifier
        CODE_SIGNING: x509.ObjectIdentifier
        EMAIL_PROTECTION: x509.ObjectIdentifier
        TIME_STAMPING: x509.ObjectIdentifier
        OCSP_SIGNING: x509.ObjectIdentifier

    class NameAttribute:
        oid: x509.ObjectIdentifier
        value: str
        def __init__(self, oid: x509.ObjectIdentifier, value: str, /) -> None: ...

    class Name:
        def __init__(self, attributes: _List, /) -> None: ...
        def __iter__(self) -> Iterator[x509.NameAttribute]: ...
        def get_attributes_for_oid(
            self, oid: x509.ObjectIdentifier, /
        ) -> list[x509.NameAttribute]: ...
        def rfc4514_string(self) -> str: ...
        def public_bytes(self) -> bytes: ...

    class DNSName:
        value: str
        def __init__(self, value: str, /) -> None: ...

    class RFC822Name:
        value: str
        def __init__(self, value: str, /) -> None: ...

    class UniformResourceIdentifier:
        value: str
        def __init__(self, value: str, /) -> None: ...

    class IPAddress:
        value: str
        def __init__(self, value: str, /) -> None: ...

    class DirectoryName:
        value: x509.Name
        def __init__(self, value: x509.Name, /) -> None: ...

    class RegisteredID:
        value: x509.ObjectIdentifier
        def __init__(self, value: x509.ObjectIdentifier, /) -> None: ...

    class OtherName:
        type_id: x509.ObjectIdentifier
        value: bytes

    class Extensions:
        def __iter__(self) -> Iterator[x509.Extension]: ...
        def get_extension_for_class(self, extclass: type, /) -> x509.Extension: ...
        def get_extension_for_oid(self, oid: x509.ObjectIdentifier, /) -> x509.Extension: ...

    class Extension:
        oid: x509.ObjectIdentifier
        critical: bool
        value: Any

    class SubjectAlternativeName:
        def __init__(self, general_names: _List, /) -> None: ...
        def __iter__(self) -> Iterator[Any]: ...
        def get_values_for_type(self, type: type, /) -> list[Any]: ...

    class BasicConstraints:
        ca: bool
        path_length: int | None
        def __init__(self, ca: bool, path_length: int | None) -> None: ...

    class KeyUsage:
        digital_signature: bool
        content_commitment: bool
        key_encipherment: bool
        data_encipherment: bool
        key_agreement: bool
        key_cert_sign: bool
        crl_sign: bool
        encipher_only: bool
        decipher_only: bool
        def __init__(
            self,
            digital_signature: bool,
            content_commitment: bool,
            key_encipherment: bool,
            data_encipherment: bool,
            key_agreement: bool,
            key_cert_sign: bool,
            crl_sign: bool,
            encipher_only: bool,
            decipher_only: bool,
        ) -> None: ...

    class ExtendedKeyUsage:
        def __init__(self, usages: _List, /) -> None: ...
        def __iter__(self) -> Iterator[x509.ObjectIdentifier]: ...

    class SubjectKeyIdentifier:
        digest: bytes
        key_identifier: bytes
        @staticmethod
        def from_public_key(public_key: Any, /) -> x509.SubjectKeyIdentifier: ...

    class AuthorityKeyIdentifier:
        key_identifier: bytes | None
        @staticmethod
        def from_issuer_public_key(public_key: Any, /) -> x509.AuthorityKeyIdentifier: ...
        @staticmethod
        def from_issuer_subject_key_identifier(
            ski: x509.SubjectKeyIdentifier, /
        ) -> x509.AuthorityKeyIdentifier: ...

    class UnrecognizedExtension:
        oid: x509.ObjectIdentifier
        value: bytes
        def __init__(self, oid: x509.ObjectIdentifier, value: Buffer, /) -> None: ...

    class CertificateBuilder:
        def subject_name(self, name: x509.Name, /) -> x509.CertificateBuilder: ...
        def issuer_name(self, name: x509.Name, /) -> x509.CertificateBuilder: ...
        def public_key(self, key: Any, /) -> x509.CertificateBuilder: ...
        def serial_number(self, number: int, /) -> x509.CertificateBuilder: ...
        def not_valid_before(self, time: _Time, /) -> x509.CertificateBuilder: ...
        def not_valid_after(self, time: _Time, /) -> x509.CertificateBuilder: ...
        def add_extension(self, extval: Any, critical: bool) -> x509.CertificateBuilder: ...
        def sign(self, private_key: Any, algorithm: _Parameter | None) -> x509.Certificate: ...

    class CertificateSigningRequestBuilder:
        def subject_name(self, name: x509.Name, /) -> x509.CertificateSigningRequestBuilder: ...
        def add_extension(
            self, extval: Any, critical: bool
        ) -> x509.CertificateSigningRequestBuilder: ...
        def sign(
            self, private_key: Any, algorithm: _Parameter | None
        ) -> x509.CertificateSigningRequest: ...
