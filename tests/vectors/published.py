"""Published RADIUS packets, octet for octet; every secret is `xyzzy5461`.

RFC 2865 section 7 and RFC 5997 section 6 print theirs without Message-Authenticator in
the replies. The signed ones carry the same exchange (and accounting and disconnecting)
with Message-Authenticator in front; another implementation agreed with all of them.
RFC 5997 section 6.2 prints the answer with code 2, but its authenticator holds for 5.
"""

SECRET = b"xyzzy5461"


def _octets(text: str) -> bytes:
    return bytes.fromhex(text)


RFC2865_7_1_REQUEST = _octets(
    "01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a"
    "01 06 6e 65 6d 6f"
    "02 12 0d be 70 8d 93 d4 13 ce 31 96 e4 3f 78 2a 0a ee"
    "04 06 c0 a8 01 10 05 06 00 00 00 03"
)
RFC2865_7_1_ACCEPT = _octets(
    "02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2"
    "06 06 00 00 00 01 0f 06 00 00 00 00 0e 06 c0 a8 01 03"
)
RFC2865_7_2_REQUEST = _octets(
    "01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e 0d 33 67 a2"
    "01 08 66 6c 6f 70 73 79"
    "03 13 16 e9 75 57 c3 16 18 58 95 f2 93 ff 63 44 07 72 75"
    "04 06 c0 a8 01 10 05 06 00 00 00 14 06 06 00 00 00 02 07 06 00 00 00 01"
)
RFC2865_7_2_ACCEPT = _octets(
    "02 01 00 38 15 ef bc 7d ab 26 cf a3 dc 34 d9 c0 3c 86 01 a4"
    "06 06 00 00 00 02 07 06 00 00 00 01 08 06 ff ff ff fe"
    "0a 06 00 00 00 02 0d 06 00 00 00 01 0c 06 00 00 05 dc"
)
RFC2865_7_3_REQUEST = _octets(
    "01 02 00 39 f3 a4 7a 1f 6a 6d 76 71 0b 94 7a b9 30 41 a0 39"
    "01 07 6d 6f 70 73 79"
    "02 12 33 65 75 73 77 82 89 b5 70 88 5e 15 08 48 25 c5"
    "04 06 c0 a8 01 10 05 06 00 00 00 07"
)
RFC2865_7_3_CHALLENGE = _octets(
    "0b 02 00 4e 36 f3 c8 76 4a e8 c7 11 57 40 3c 0c 71 ff 9c 45"
    "12 30 43 68 61 6c 6c 65 6e 67 65 20 33 32 37 36 39 34 33 30 2e 20 20 45 6e 74"
    "65 72 20 72 65 73 70 6f 6e 73 65 20 61 74 20 70 72 6f 6d 70 74 2e"
    "18 0a 33 32 37 36 39 34 33 30"
)
RFC2865_7_3_RESPONSE_REQUEST = _octets(
    "01 03 00 43 b1 22 55 6d 42 8a 13 d0 d6 25 38 07 c4 57 ec f0"
    "01 07 6d 6f 70 73 79"
    "02 12 69 2c 1f 20 5f c0 81 b9 19 b9 51 95 f5 61 a5 81"
    "04 06 c0 a8 01 10 05 06 00 00 00 07 18 0a 33 32 37 36 39 34 33 30"
)
RFC2865_7_3_REJECT = _octets(
    "03 03 00 14 a4 2f 4f ca 45 91 6c 4e 09 c8 34 0f 9e 74 6a a0"
)

RFC5997_6_1_REQUEST = _octets(
    "0c da 00 26 8a 54 f4 68 6f b3 94 c5 28 66 e3 02 18 5d 06 23"
    "50 12 5a 66 5e 2e 1e 84 11 f3 e2 43 82 20 97 c8 4f a3"
)
RFC5997_6_1_ACCEPT = _octets(
    "02 da 00 14 ef 0d 55 2a 4b f2 d6 93 ec 2b 6f e8 b5 41 1d 66"
)
RFC5997_6_2_REQUEST = _octets(
    "0c b3 00 26 92 5f 6b 66 dd 5f ed 57 1f cb 1d b7 ad 38 82 60"
    "50 12 e8 d6 ea bd a9 10 87 5c d9 1f da de 26 36 78 58"
)
RFC5997_6_2_RESPONSE = _octets(
    "05 b3 00 14 0f 6f 92 14 5f 10 7e 2f 50 4e 86 0a 48 60 66 9c"
)

SIGNED_ACCESS_REQUEST = _octets(
    "01 00 00 4a 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a"
    "50 12 8f 16 b4 5f 90 d3 49 49 89 a4 f1 4f 44 21 c6 18"
    "01 06 6e 65 6d 6f"
    "02 12 0d be 70 8d 93 d4 13 ce 31 96 e4 3f 78 2a 0a ee"
    "04 06 c0 a8 01 10 05 06 00 00 00 03"
)
SIGNED_ACCEPT = _octets(
    "02 00 00 38 c1 3e 8f 5e 21 42 6d f8 a8 ff fc c5 56 9c e9 fc"
    "50 12 04 12 13 86 28 01 30 d5 ef 8e d8 07 2b a8 05 8d"
    "06 06 00 00 00 01 0f 06 00 00 00 00 0e 06 c0 a8 01 03"
)
SIGNED_REJECT = _octets(
    "03 00 00 37 3f 3d ae 93 58 83 db 53 2d 78 e5 fd dd 2e 62 d6"
    "50 12 32 9f 5b fd 00 7b d6 02 c1 8f b7 21 9a 57 61 01"
    "12 11 71 75 6f 74 61 20 65 78 68 61 75 73 74 65 64"
)
ACCOUNTING_START = _octets(
    "04 07 00 30 c4 7a dd 9d 52 0d 2b a6 c1 92 3e 9c ac 40 11 05"
    "28 06 00 00 00 01 2c 0a 35 46 33 41 30 30 30 31"
    "01 06 6e 65 6d 6f 04 06 c0 a8 01 10"
)
ACCOUNTING_RESPONSE = _octets(
    "05 07 00 14 0c cd af 0d ba a9 a1 a7 4e b1 03 86 08 da 4b 7c"
)
ACCOUNTING_STOP = _octets(
    "04 08 00 54 cf 58 33 a2 44 45 f8 76 d2 54 84 9d fe 20 0c 12"
    "28 06 00 00 00 02 2c 0a 35 46 33 41 30 30 30 31"
    "01 06 6e 65 6d 6f 04 06 c0 a8 01 10"
    "2a 06 00 00 00 05 34 06 00 00 00 01 2b 06 ff ff ff ff 35 06 00 00 00 02"
    "2e 06 00 00 0e 10 31 06 00 00 00 05"
)
DISCONNECT_REQUEST = _octets(
    "28 09 00 42 1d f5 72 41 13 f2 1e c2 90 6f 8d d6 0f a0 ab 75"
    "50 12 75 a7 f2 4d 69 e0 53 3f 11 a7 70 e6 b1 d9 69 f9"
    "2c 0a 35 46 33 41 30 30 30 31 01 06 6e 65 6d 6f"
    "04 06 c0 a8 01 10 37 06 65 53 f1 00"
)
DISCONNECT_ACK = _octets("29 09 00 14 73 1b 24 95 91 af 6c a9 f4 b9 53 e7 7d b2 24 ef")
DISCONNECT_NAK = _octets(
    "2a 09 00 1a 11 95 c1 06 74 b7 78 6d f1 bf 75 c9 1d ec a0 02 65 06 00 00 01 f7"
)
