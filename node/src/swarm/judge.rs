//! Which addresses a node may dial at all: a pure judgement of an IP address.
//!
//! The lists are the IANA special-purpose registries (RFC 6890 and its
//! updates) as of 2025, read the tight way: an IPv6 address is public only
//! inside 2000::/3 and outside every special block there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of place an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Globally routable: anybody's address on the Internet.
    Public,
    /// Inside some local network: dialled only with an approval.
    Private(Private),
    /// This very machine: dialled only where the configuration says so.
    Loopback,
    /// Never dialled.
    Never(Never),
}

/// Kinds of local networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Private {
    /// 10/8, 172.16/12, 192.168/16 (RFC 1918).
    Rfc1918,
    /// 100.64/10, between a provider and its customers, also overlay networks (RFC 6598).
    Shared,
    /// fc00::/7 (RFC 4193).
    UniqueLocal,
}

/// Why an address is never dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Never {
    /// 0/8, `::`.
    Unspecified,
    /// 169.254/16, fe80::/10, and the withdrawn fec0::/10.
    LinkLocal,
    /// Where clouds serve their machines' credentials.
    Metadata,
    /// 224/4, ff00::/8.
    Multicast,
    /// 255.255.255.255.
    Broadcast,
    /// An IPv6 address that hides an IPv4 one: mapped, compatible, translated,
    /// NAT64, 6to4, Teredo, ISATAP.
    HidesAnother,
    /// Documentation, benchmarking, reserved, not assigned.
    Reserved,
}

/// Credential services of clouds that lie outside the link-local blocks.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba
    Ipv4Addr::new(168, 63, 129, 16),   // Azure
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle
];
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), // Amazon
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),  // Google
];

/// Judges an address (THREATS R4; specification `06-transports.md`, "The gate").
#[must_use]
pub fn place(ip: IpAddr) -> Place {
    match ip {
        IpAddr::V4(ip) => place_v4(ip),
        IpAddr::V6(ip) => place_v6(ip),
    }
}

fn place_v4(ip: Ipv4Addr) -> Place {
    if METADATA_V4.contains(&ip) {
        return Place::Never(Never::Metadata);
    }
    match ip.octets() {
        [0, ..] => Place::Never(Never::Unspecified),
        [127, ..] => Place::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Place::Private(Private::Rfc1918),
        [100, 64..=127, ..] => Place::Private(Private::Shared),
        [169, 254, 169, 253 | 254] => Place::Never(Never::Metadata),
        [169, 254, ..] => Place::Never(Never::LinkLocal),
        // 192.88.99/24 was the 6to4 relay anycast block.
        [192, 88, 99, _] => Place::Never(Never::HidesAnother),
        // Protocol assignments, documentation, benchmarking.
        [192, 0, 0 | 2, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Place::Never(Never::Reserved)
        }
        [224..=239, ..] => Place::Never(Never::Multicast),
        [255, 255, 255, 255] => Place::Never(Never::Broadcast),
        [240..=255, ..] => Place::Never(Never::Reserved),
        _ => Place::Public,
    }
}

fn place_v6(ip: Ipv6Addr) -> Place {
    if METADATA_V6.contains(&ip) {
        return Place::Never(Never::Metadata);
    }
    let hides = Place::Never(Never::HidesAnother);
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Place::Never(Never::Unspecified),
        [0, 0, 0, 0, 0, 0, 0, 1] => Place::Loopback,
        // ::a.b.c.d, ::ffff:a.b.c.d, ::ffff:0:a.b.c.d
        [0, 0, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0, 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => hides,
        // NAT64: the well-known prefix and the local-use block.
        [0x64, 0xff9b, ..] => hides,
        // 6to4, Teredo.
        [0x2002, ..] | [0x2001, 0, ..] => hides,
        // ISATAP: the interface part spells an IPv4 address.
        [.., 0 | 0x200, 0x5efe, _, _] => hides,
        [0xff00..=0xffff, ..] => Place::Never(Never::Multicast),
        [0xfe80..=0xfeff, ..] => Place::Never(Never::LinkLocal),
        [0xfc00..=0xfdff, ..] => Place::Private(Private::UniqueLocal),
        // The rest of the protocol block 2001::/23, documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => {
            Place::Never(Never::Reserved)
        }
        [0x2000..=0x3fff, ..] => Place::Public,
        _ => Place::Never(Never::Reserved),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// First and last address of every block, and the neighbours outside.
    #[test]
    fn every_special_block_by_its_edges() {
        use Place::{Loopback, Public};
        let hidden = Place::Never(Never::HidesAnother);
        let reserved = Place::Never(Never::Reserved);
        let link = Place::Never(Never::LinkLocal);
        let meta = Place::Never(Never::Metadata);
        let multi = Place::Never(Never::Multicast);
        let nothing = Place::Never(Never::Unspecified);
        let rfc1918 = Place::Private(Private::Rfc1918);
        let shared = Place::Private(Private::Shared);
        let ula = Place::Private(Private::UniqueLocal);
        let table: &[(&str, Place)] = &[
            ("0.0.0.0", nothing),
            ("0.255.255.255", nothing),
            ("1.0.0.0", Public),
            ("9.255.255.255", Public),
            ("10.0.0.0", rfc1918),
            ("10.255.255.255", rfc1918),
            ("11.0.0.0", Public),
            ("100.63.255.255", Public),
            ("100.64.0.0", shared),
            ("100.100.100.199", shared),
            ("100.100.100.200", meta),
            ("100.127.255.255", shared),
            ("100.128.0.0", Public),
            ("126.255.255.255", Public),
            ("127.0.0.0", Loopback),
            ("127.255.255.255", Loopback),
            ("128.0.0.0", Public),
            ("168.63.129.15", Public),
            ("168.63.129.16", meta),
            ("169.253.255.255", Public),
            ("169.254.0.0", link),
            ("169.254.169.253", meta),
            ("169.254.169.254", meta),
            ("169.254.255.255", link),
            ("169.255.0.0", Public),
            ("172.15.255.255", Public),
            ("172.16.0.0", rfc1918),
            ("172.31.255.255", rfc1918),
            ("172.32.0.0", Public),
            ("191.255.255.255", Public),
            ("192.0.0.0", reserved),
            ("192.0.0.192", meta),
            ("192.0.0.255", reserved),
            ("192.0.1.0", Public),
            ("192.0.2.0", reserved),
            ("192.0.2.255", reserved),
            ("192.0.3.0", Public),
            ("192.88.98.255", Public),
            ("192.88.99.0", hidden),
            ("192.88.99.255", hidden),
            ("192.88.100.0", Public),
            ("192.167.255.255", Public),
            ("192.168.0.0", rfc1918),
            ("192.168.255.255", rfc1918),
            ("192.169.0.0", Public),
            ("198.17.255.255", Public),
            ("198.18.0.0", reserved),
            ("198.19.255.255", reserved),
            ("198.20.0.0", Public),
            ("198.51.99.255", Public),
            ("198.51.100.0", reserved),
            ("198.51.100.255", reserved),
            ("198.51.101.0", Public),
            ("203.0.112.255", Public),
            ("203.0.113.0", reserved),
            ("203.0.113.255", reserved),
            ("203.0.114.0", Public),
            ("223.255.255.255", Public),
            ("224.0.0.0", multi),
            ("239.255.255.255", multi),
            ("240.0.0.0", reserved),
            ("255.255.255.254", reserved),
            ("255.255.255.255", Place::Never(Never::Broadcast)),
            ("::", nothing),
            ("::1", Loopback),
            ("::2", hidden),
            ("::7f00:1", hidden),
            ("::ffff:127.0.0.1", hidden),
            ("::ffff:8.8.8.8", hidden),
            ("::ffff:0:8.8.8.8", hidden),
            ("64:ff9a:ffff::", reserved),
            ("64:ff9b::7f00:1", hidden),
            ("64:ff9b:1::a00:1", hidden),
            ("64:ff9c::", reserved),
            ("100::1", reserved),
            ("1fff:ffff::", reserved),
            ("2000::", Public),
            ("2001::1", hidden),
            ("2001:0:ffff:ffff:ffff:ffff:ffff:ffff", hidden),
            ("2001:1::1", reserved),
            ("2001:20::1", reserved),
            ("2001:1ff:ffff::", reserved),
            ("2001:200::", Public),
            ("2001:db7:ffff::", Public),
            ("2001:db8::", reserved),
            ("2001:db8:ffff:ffff::", reserved),
            ("2001:db9::", Public),
            ("2002::", hidden),
            ("2002:7f00:1::1", hidden),
            ("2003::", Public),
            ("2a00:1450::5efe:8.8.8.8", hidden),
            ("2a00:1450::200:5efe:8.8.8.8", hidden),
            ("2a00:1450::5eff:808:808", Public),
            ("3ffe:ffff::", Public),
            ("3fff::", reserved),
            ("3fff:fff:ffff::", reserved),
            ("3fff:1000::", Public),
            ("4000::", reserved),
            ("5f00::1", reserved),
            ("fbff:ffff::", reserved),
            ("fc00::", ula),
            ("fd00:ec2::253", ula),
            ("fd00:ec2::254", meta),
            ("fd20:ce::254", meta),
            ("fdff:ffff:ffff:ffff:ffff:ffff:ffff:fff0", ula),
            ("fe00::", reserved),
            ("fe7f:ffff::", reserved),
            ("fe80::", link),
            ("fe80::1", link),
            ("febf:ffff::", link),
            ("fec0::1", link),
            ("feff:ffff::", link),
            ("ff00::", multi),
            ("ff02::fb", multi),
        ];
        for (text, expected) in table {
            let ip: IpAddr = text.parse().unwrap();
            assert_eq!(place(ip), *expected, "{text}");
        }
    }

    proptest! {
        /// What the standard library calls special is never public here.
        #[test]
        fn never_looser_than_the_standard_library(bits in any::<u32>()) {
            let ip = Ipv4Addr::from(bits);
            let special = ip.is_private() || ip.is_loopback() || ip.is_link_local()
                || ip.is_multicast() || ip.is_broadcast() || ip.is_documentation()
                || ip.is_unspecified();
            if special {
                prop_assert_ne!(place(ip.into()), Place::Public);
            }
        }

        /// An IPv4 address never gets better by hiding it in an IPv6 one.
        #[test]
        fn hiding_never_helps(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from(bits);
            let [a, b, c, d] = v4.octets();
            let (hi, lo) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for v6 in [
                v4.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, hi, lo),
                Ipv6Addr::new(0x2002, hi, lo, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !hi, !lo),
            ] {
                prop_assert!(matches!(place(v6.into()), Place::Never(_)), "{v6}");
            }
        }

        /// IPv6 is public only inside 2000::/3.
        #[test]
        fn public_ipv6_is_global_unicast(bits in any::<u128>()) {
            if place(Ipv6Addr::from(bits).into()) == Place::Public {
                prop_assert_eq!(bits >> 125, 1);
            }
        }
    }
}
