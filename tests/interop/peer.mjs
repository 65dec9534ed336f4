// A js-libp2p node talks to a running `kith`: identify, ping, a Kademlia query
// under Kith's protocol name, junk; and then once more, to see that the junk
// did no harm. Usage: peer.mjs ADDRESS [junk]
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { multiaddr } from '@multiformats/multiaddr'
import { randomBytes } from 'node:crypto'

const KAD = '/kith/kad/1'
const [address] = process.argv.slice(2)

const node = await createLibp2p({
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionMonitor: { enabled: false },
  services: {
    identify: identify({ maxOutboundStreams: 8 }),
    ping: ping(),
    dht: kadDHT({ protocol: KAD, clientMode: true, peerInfoMapper: passthroughMapper })
  }
})

function check (holds, what) {
  if (!holds) throw new Error(`not so: ${what}`)
  console.log(what)
}

const soon = () => ({ signal: AbortSignal.timeout(20_000) })

async function visit () {
  const connection = await node.dial(multiaddr(address), soon())
  const about = await node.services.identify.identify(connection, soon())
  check(about.agentVersion?.startsWith('kith/'), `identify: ${about.agentVersion}`)
  check(about.protocols.includes(KAD), `it serves ${KAD}`)
  check(about.protocols.includes('/kith/hello/1'), 'it serves hello')
  check(!about.protocols.includes('/kith/room/1'), 'it doesn’t serve rooms to strangers')
  check(about.listenAddrs.every(a => !a.toString().includes('/ip4/192.168.')), 'no private address')
  let answered = false
  const key = randomBytes(32)
  for await (const event of node.services.dht.getClosestPeers(key, soon())) {
    answered ||= event.name === 'PEER_RESPONSE' && event.from.equals(connection.remotePeer)
  }
  check(answered, 'a Kademlia query is answered')
  // Not before: the DHT pings on its own before it asks somebody, and of two
  // pings at a time only the newer is answered.
  const time = await node.services.ping.ping(connection.remotePeer, soon())
  check(time >= 0, 'ping')
  return connection
}

/** Streams with junk: whatever comes of them, nothing may break. */
async function junk (connection) {
  for (const protocol of [KAD, '/kith/hello/1', '/ipfs/id/push/1.0.0', '/ipfs/ping/1.0.0']) {
    for (const length of [1, 100, 60_000]) {
      try {
        const stream = await connection.newStream(protocol, soon())
        // A true length before junk gets further than junk alone.
        const body = randomBytes(length)
        stream.send(length === 100 ? Buffer.concat([Buffer.from([100]), body]) : body)
        await stream.close(soon())
      } catch (error) {
        console.log(`${protocol}, ${length} bytes: ${error.name}`)
      }
    }
  }
}

const first = await visit()
await junk(first)
await first.close(soon()).catch(() => first.abort(new Error('enough')))
await visit()
await node.stop()
console.log('done')
process.exit(0)
