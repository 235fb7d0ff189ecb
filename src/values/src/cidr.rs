//! Ranges of addresses, written as CIDR blocks.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::invalid::Invalid;
use crate::text::written_as_text;

/// A range of addresses, IPv4 or IPv6: `10.0.0.0/16`. The bits after the prefix are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cidr(IpNet);

written_as_text!(
    Cidr,
    format: "cidr",
    pattern: "^[0-9a-fA-F:.]+/[0-9]{1,3}$",
    description: "A range of addresses, like `10.0.0.0/16`: the address's bits after the prefix are zero.",
    examples: ["10.0.0.0/16", "0.0.0.0/0", "2001:db8::/32"]
);

impl Cidr {
    /// Every IPv4 address.
    pub const ANYWHERE: Cidr = Cidr(IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)));
    /// Every IPv6 address.
    pub const ANYWHERE_IPV6: Cidr = Cidr(IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0)));

    /// How many bits are the network's: 16 in `10.0.0.0/16`.
    pub fn prefix(&self) -> u8 {
        self.0.prefix_len()
    }

    /// The first address.
    pub fn address(&self) -> IpAddr {
        self.0.network()
    }

    /// True for a range of IPv6 addresses.
    pub fn is_ipv6(&self) -> bool {
        matches!(self.0, IpNet::V6(_))
    }

    /// True when every address of `other` is one of this range.
    pub fn contains(&self, other: &Cidr) -> bool {
        self.0.contains(&other.0)
    }

    /// True when some address is in both.
    pub fn overlaps(&self, other: &Cidr) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The range of that index among those with `bits` more bits of prefix: `10.0.0.0/16` has 256 with 8 bits more,
    /// and index 2 is `10.0.2.0/24`. `None` where there are not so many bits or not so many ranges.
    pub fn subnet(&self, bits: u8, index: u32) -> Option<Cidr> {
        let prefix = self.prefix().checked_add(bits).filter(|prefix| *prefix <= self.0.max_prefix_len())?;
        if bits < 32 && index >> bits != 0 {
            return None;
        }
        let shift = u32::from(self.0.max_prefix_len() - prefix);
        let net = match self.0 {
            IpNet::V4(net) => {
                // A prefix of no bits has one range, and to shift by all 32 bits is to have nothing left.
                let offset = index.checked_shl(shift).unwrap_or(0);
                let address = Ipv4Addr::from_bits(net.network().to_bits() | offset);
                IpNet::V4(Ipv4Net::new(address, prefix).ok()?)
            }
            IpNet::V6(net) => {
                let offset = u128::from(index).checked_shl(shift).unwrap_or(0);
                let address = Ipv6Addr::from_bits(net.network().to_bits() | offset);
                IpNet::V6(Ipv6Net::new(address, prefix).ok()?)
            }
        };
        Some(Cidr(net))
    }
}

impl FromStr for Cidr {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Cidr, Invalid> {
        const RULE: &str = "a range is an address, a slash and a prefix, like `10.0.0.0/16`";
        let Some((address, prefix)) = text.split_once('/') else {
            let address = text.parse::<IpAddr>().ok();
            let wrong = if address.is_some() { "has no prefix" } else { "is not a range of addresses" };
            // A host is meant for itself; of a network nobody knows how large it is meant to be.
            let host = address.filter(|address| !ends_with_zeros(address)).map(|host| IpNet::from(host).to_string());
            return Err(Invalid::new(format!("`{text}` {wrong}")).rule(RULE).instead(host));
        };
        let Ok(ip) = address.parse::<IpAddr>() else {
            return Err(Invalid::new(format!("`{address}` in `{text}` is not an address")).rule(RULE));
        };
        let longest = if ip.is_ipv4() { 32 } else { 128 };
        let net = match prefix.parse::<u8>() {
            Ok(bits) if prefix == bits.to_string() && bits <= longest => IpNet::new(ip, bits),
            _ => {
                return Err(Invalid::new(format!("`/{prefix}` in `{text}` is not a prefix"))
                    .rule(format!("it is a number from 0 to {longest}")));
            }
        };
        let net = net.map_err(|_| Invalid::new(format!("`{text}` is not a range of addresses")).rule(RULE))?;
        if net.trunc() != net {
            return Err(Invalid::new(format!("`{text}` has host bits set")).instead(net.trunc().to_string()));
        }
        Ok(Cidr(net))
    }
}

fn ends_with_zeros(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[3] == 0,
        IpAddr::V6(address) => address.segments()[7] == 0,
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::laws::{check_examples, check_refused, check_written};

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn ranges_have_one_text() {
        check_written::<Cidr>("10.0.0.0/16", "10.0.0.0/16");
        check_written::<Cidr>("10.1.2.3/32", "10.1.2.3/32");
        check_written::<Cidr>("2001:DB8:0:0::/32", "2001:db8::/32");
        assert_eq!(Cidr::ANYWHERE, cidr("0.0.0.0/0"));
        assert_eq!(Cidr::ANYWHERE_IPV6, cidr("::/0"));
        check_examples::<Cidr>();
    }

    #[test]
    fn what_is_not_a_range_is_refused() {
        check_refused::<Cidr>("10.0.0.5/16", "`10.0.0.5/16` has host bits set; write `10.0.0.0/16`");
        check_refused::<Cidr>("2001:db8::1/64", "`2001:db8::1/64` has host bits set; write `2001:db8::/64`");
        let rule = "a range is an address, a slash and a prefix, like `10.0.0.0/16`";
        check_refused::<Cidr>("10.0.0.1", &format!("`10.0.0.1` has no prefix: {rule}; write `10.0.0.1/32`"));
        check_refused::<Cidr>("10.0.0.0", &format!("`10.0.0.0` has no prefix: {rule}"));
        check_refused::<Cidr>("10.0.0.0/33", "`/33` in `10.0.0.0/33` is not a prefix: it is a number from 0 to 32");
        check_refused::<Cidr>("10.0.0.0/016", "`/016` in `10.0.0.0/016` is not a prefix: it is a number from 0 to 32");
        check_refused::<Cidr>("::/129", "`/129` in `::/129` is not a prefix: it is a number from 0 to 128");
        check_refused::<Cidr>("10.0.0/16", &format!("`10.0.0` in `10.0.0/16` is not an address: {rule}"));
        check_refused::<Cidr>("everywhere", &format!("`everywhere` is not a range of addresses: {rule}"));
    }

    #[test]
    fn a_subnet_is_counted_as_terraform_counts_it() {
        let network = cidr("10.0.0.0/16");
        assert_eq!(network.subnet(8, 0), Some(cidr("10.0.0.0/24")));
        assert_eq!(network.subnet(8, 255), Some(cidr("10.0.255.0/24")));
        assert_eq!(network.subnet(8, 256), None);
        assert_eq!(network.subnet(16, 65_535), Some(cidr("10.0.255.255/32")));
        assert_eq!(network.subnet(17, 0), None);
        assert_eq!(network.subnet(0, 0), Some(network));
        assert_eq!(network.subnet(0, 1), None);
        assert_eq!(Cidr::ANYWHERE.subnet(0, 0), Some(Cidr::ANYWHERE));
        assert_eq!(Cidr::ANYWHERE.subnet(32, u32::MAX), Some(cidr("255.255.255.255/32")));
        assert_eq!(cidr("2001:db8::/56").subnet(8, 1), Some(cidr("2001:db8:0:1::/64")));
        assert_eq!(Cidr::ANYWHERE_IPV6.subnet(128, 1), Some(cidr("::1/128")));
        assert_eq!(Cidr::ANYWHERE_IPV6.subnet(255, 1), None);
    }

    #[test]
    fn ranges_of_two_families_have_nothing_in_common() {
        assert!(!Cidr::ANYWHERE.overlaps(&Cidr::ANYWHERE_IPV6));
        assert!(Cidr::ANYWHERE.contains(&cidr("10.0.0.0/8")));
        assert!(!cidr("10.0.0.0/8").contains(&Cidr::ANYWHERE));
        assert!(cidr("10.0.0.0/8").overlaps(&Cidr::ANYWHERE));
    }

    fn any_range() -> impl Strategy<Value = Cidr> {
        let v4 = (any::<u32>(), 0..=32_u8).prop_map(|(bits, prefix)| (IpAddr::V4(Ipv4Addr::from_bits(bits)), prefix));
        let v6 = (any::<u128>(), 0..=128_u8).prop_map(|(bits, prefix)| (IpAddr::V6(Ipv6Addr::from_bits(bits)), prefix));
        prop_oneof![v4, v6].prop_map(|(address, prefix)| Cidr(IpNet::new(address, prefix).unwrap().trunc()))
    }

    proptest! {
        #[test]
        fn the_text_of_a_range_gives_the_range(range in any_range()) {
            prop_assert_eq!(range.to_string().parse::<Cidr>(), Ok(range));
        }

        #[test]
        fn subnets_lie_in_their_network_and_never_overlap(
            network in any_range(), bits in 0..=16_u8, one in 0..65_536_u32, other in 0..65_536_u32,
        ) {
            if let (Some(a), Some(b)) = (network.subnet(bits, one), network.subnet(bits, other)) {
                prop_assert!(network.contains(&a) && network.contains(&b));
                prop_assert_eq!(a.prefix(), network.prefix() + bits);
                prop_assert_eq!(a.overlaps(&b), one == other);
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = text.parse::<Cidr>();
        }
    }
}
