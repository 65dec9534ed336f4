"""A py-libp2p node talks to a running `kith`: identify, ping, junk, and then
once more, to see that the junk did no harm. Usage: peer.py ADDRESS DEVICE-ID"""

import os
import sys

import trio
from libp2p import new_host
from libp2p.identity.identify.identify import ID as IDENTIFY
from libp2p.identity.identify.identify import parse_identify_response
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo
from libp2p.utils.varint import read_length_prefixed_protobuf
from multiaddr import Multiaddr

HELLO, KAD, PUSH, PING = "/kith/hello/1", "/kith/kad/1", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0"
PATIENCE = 20
LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def check(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"not so: {what}")
    print(what)


def peer_id(device: str) -> ID:
    """The peer id of a device id's text (chapters 00 and 06 of the specification)."""
    bits = 0
    data = device.removeprefix("kithd1")[:-6]
    for letter in data:
        bits = bits << 5 | LETTERS.index(letter)
    key = (bits >> (5 * len(data) - 256)).to_bytes(32, "big")
    return ID(bytes.fromhex("002408011220") + key)


async def visit(host, peer) -> None:
    with trio.fail_after(PATIENCE):
        await host.connect(peer)
        stream = await host.new_stream(peer.peer_id, [IDENTIFY])
        about = parse_identify_response(await read_length_prefixed_protobuf(stream, True))
        await stream.close()
        check(about.agent_version.startswith("kith/"), f"identify: {about.agent_version}")
        check(HELLO in about.protocols and KAD in about.protocols, "it serves hello and the DHT")
        stream = await host.new_stream(peer.peer_id, [PING])
        sent = os.urandom(32)
        await stream.write(sent)
        check(await stream.read(32) == sent, "ping")
        await stream.close()


async def junk(host, peer) -> None:
    """Whatever comes of it, nothing may break."""
    for protocol in (HELLO, KAD, PUSH, PING):
        for length in (1, 100, 60_000):
            try:
                with trio.fail_after(PATIENCE):
                    stream = await host.new_stream(peer.peer_id, [protocol])
                    await stream.write(os.urandom(length))
                    await stream.close()
            except Exception as error:
                print(f"{protocol}, {length} bytes: {type(error).__name__}")


async def main() -> None:
    peer = PeerInfo(peer_id(sys.argv[2]), [Multiaddr(sys.argv[1])])
    host = new_host()
    async with host.run(listen_addrs=[Multiaddr("/ip4/127.0.0.1/tcp/0")]):
        await visit(host, peer)
        await junk(host, peer)
        await host.disconnect(peer.peer_id)
        await visit(host, peer)
        print("done")
        sys.stdout.flush()
        # Its own background tasks don't always end.
        os._exit(0)


trio.run(main)
