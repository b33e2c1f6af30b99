"""Microsoft's quickXorHash, by which SharePoint names the content of a file.

Each byte is xored into 160 bits, 11 bits further than the one before, then the length into the last 64 of them. Bytes
that are 160 apart meet at the same place, so blocks of 160 bytes are xored as they are, and only one is spread.
"""

from base64 import b64encode
from collections.abc import Iterable

BITS, SHIFT = 160, 11
_MASK = (1 << BITS) - 1


def quick_xor_hash(chunks: Iterable[bytes]) -> str:
    """The hash in Base64, as Graph gives it."""
    folded, length, rest = 0, 0, b""
    for chunk in chunks:
        length += len(chunk)
        data = rest + chunk
        whole = len(data) - len(data) % BITS
        for begin in range(0, whole, BITS):
            folded ^= int.from_bytes(data[begin : begin + BITS], "little")
        rest = data[whole:]
    folded ^= int.from_bytes(rest, "little")
    spread = 0
    for index, byte in enumerate(folded.to_bytes(BITS, "little")):
        offset = index * SHIFT % BITS
        placed = byte << offset
        spread ^= (placed & _MASK) | (placed >> BITS)
    spread ^= length << (BITS - 64)
    return b64encode(spread.to_bytes(BITS // 8, "little")).decode()
