//! Where packets leave this machine. Nothing is sent to find that out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Places in the internet that nobody is at (RFC 5737, RFC 3849): only the
/// way there is asked for.
pub(super) const INTERNET: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9),
    SocketAddr::new(
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
        9,
    ),
];

/// The address that the system chooses for packets to `to`.
pub(super) fn leaves_from(to: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match to {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(to).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// The router that IPv4 packets to the internet go to. Elsewhere than on
/// Linux none is known.
pub(super) fn default_gateway() -> Option<Ipv4Addr> {
    gateway_in(&std::fs::read_to_string("/proc/net/route").ok()?)
}

/// Reads the kernel's table of routes: of those to everywhere, the one with
/// the lowest metric counts. It may lead into a tunnel, which has no gateway.
fn gateway_in(table: &str) -> Option<Ipv4Addr> {
    /// The route leads to a gateway (RTF_GATEWAY of the kernel).
    const GATEWAY: u32 = 2;
    let number = |text: &str| u32::from_str_radix(text, 16).ok();
    let routes = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, to, gateway, flags, _, _, metric, mask, ..] = fields.as_slice() else {
            return None;
        };
        let everywhere = number(to)? == 0 && number(mask)? == 0;
        let metric: u32 = metric.parse().ok()?;
        everywhere.then_some((metric, number(flags)?, number(gateway)?))
    });
    let (_, flags, gateway) = routes.min_by_key(|(metric, ..)| *metric)?;
    // In the table, addresses stand as the processor reads them from memory.
    let gateway = Ipv4Addr::from(gateway.to_ne_bytes());
    (flags & GATEWAY != 0).then_some(gateway)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    fn table(lines: &[(u32, &str, u32)]) -> String {
        let lines = lines.iter().map(|(flags, gateway, metric)| {
            let gateway: Ipv4Addr = gateway.parse().unwrap();
            let gateway = u32::from_ne_bytes(gateway.octets());
            format!(
                "eth0\t00000000\t{gateway:08X}\t{flags:04X}\t0\t0\t{metric}\t00000000\t0\t0\t0\n"
            )
        });
        let lan = "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        HEAD.to_owned() + &lines.collect::<String>() + lan
    }

    #[test]
    fn the_gateway_is_that_of_the_best_route_to_everywhere() {
        let home = Some(Ipv4Addr::new(192, 168, 1, 1));
        assert_eq!(gateway_in(&table(&[(3, "192.168.1.1", 100)])), home);
        let two = [(3, "10.0.0.1", 600), (3, "192.168.1.1", 100)];
        assert_eq!(gateway_in(&table(&two)), home);
    }

    #[test]
    fn a_tunnel_and_no_route_have_no_gateway() {
        let tunnel = [(1, "0.0.0.0", 50), (3, "192.168.1.1", 100)];
        assert_eq!(gateway_in(&table(&tunnel)), None);
        assert_eq!(gateway_in(&table(&[])), None);
        assert_eq!(gateway_in("nonsense\nmore of it"), None);
    }
}
