//! An Internet of its own: hosts with public addresses, and people behind
//! routers with NAT.
//!
//! The addresses are ordinary global ones, because Kith rightly refuses to
//! dial documentation ranges. They exist only inside namespaces without a way
//! out, which is checked. Each host has a network of its own, as on the real
//! Internet: nobody is anybody's neighbour.

use std::fs;

use crate::World;

/// How a router translates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nat {
    /// Keeps the port where it is free.
    Plain,
    /// UDP from port 4001 gets another port, the same for every destination;
    /// that of a second host, `inside`.3, yet another.
    Shift,
    /// Another port for every connection.
    Random,
}

/// What a router lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// UDP and TCP.
    Both,
    /// No UDP.
    TcpOnly,
    /// No TCP.
    UdpOnly,
}

/// All of this Internet.
const ALL: &str = "45.67.0.0/16";

/// Adds a host with a public address to the switch `net`.
///
/// # Panics
/// When that fails.
pub fn public(world: &mut World, net: &str, name: &str, ip: &str) {
    world.add(name);
    world.plug(net, name, "wan0", &format!("{ip}/32"));
    world.ip(name, &format!("route add {ALL} dev wan0"));
    assert!(!world.has_default_route(name), "{name} has a way out");
}

/// Adds a host behind a router with the public address `outside`, in the
/// network `inside`.0/24. The router lets in only what was asked for,
/// and what it was told to pass on.
///
/// # Panics
/// When that fails.
pub fn through_router(
    world: &mut World,
    net: &str,
    (name, inside): (&str, &str),
    outside: &str,
    (nat, passing): (Nat, Passing),
) {
    let (router, lan) = (format!("r{name}"), format!("l{name}"));
    public(world, net, &router, outside);
    world.add_switch(&lan);
    world.plug(&lan, &router, "lan0", &format!("{inside}.1/24"));
    world.add(name);
    world.plug(&lan, name, "eth0", &format!("{inside}.2/24"));
    world.ip(name, &format!("route add default via {inside}.1"));
    let source = match nat {
        Nat::Plain => "oifname wan0 masquerade".to_owned(),
        Nat::Shift => {
            let of = |host: &str, port: u16| {
                format!("oifname wan0 {host} udp sport 4001 snat to {outside}:{port}")
            };
            let second = of(&format!("ip saddr {inside}.3"), 14002);
            format!("{second}; {}; oifname wan0 masquerade", of("", 14001))
        }
        Nat::Random => "oifname wan0 masquerade fully-random".to_owned(),
    };
    let block = match passing {
        Passing::Both => "",
        Passing::TcpOnly => "meta l4proto udp drop",
        Passing::UdpOnly => "meta l4proto tcp drop",
    };
    world.nft(
        &router,
        &format!(
            "table ip nat {{
               chain out {{
                 type nat hook postrouting priority 100
                 {source}
               }}
             }}
             table inet guard {{
               chain here {{
                 type filter hook input priority 0
                 iifname wan0 ct state new drop
               }}
               chain through {{
                 type filter hook forward priority 0
                 {block}
                 ct status dnat accept
                 iifname wan0 ct state new drop
               }}
             }}"
        ),
    );
    world.inside(&router, || {
        fs::write("/proc/sys/net/ipv4/ip_forward", "1").expect("it forwards");
    });
}
