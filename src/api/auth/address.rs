//! The address a request came from, for throttling. `X-Forwarded-For` counts only behind configured proxies.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use ipnet::IpNet;

pub fn client(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.ip());
    let forwarded = request.headers().get_all("X-Forwarded-For").filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
    nearest_untrusted(peer, &hops, trusted)
}

/// The last hop that is not one of our proxies; a sender can write what he likes before it.
fn nearest_untrusted(peer: IpAddr, hops: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_proxy = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer.to_canonical();
    for hop in hops.iter().rev() {
        if !is_proxy(&nearest) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => nearest = address.to_canonical(),
            Err(_) => break,
        }
    }
    nearest
}

/// One household or machine has a whole IPv6 /64: counting single addresses would throttle nobody.
pub fn throttled_as(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proxies_are_believed() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().expect("a network")];
        let cases = [
            ("203.0.113.7", "1.2.3.4", "203.0.113.7"),
            ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
            ("10.0.0.1", "9.9.9.9, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
            ("10.0.0.1", "9.9.9.9, nonsense", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
        ];
        for (peer, header, expected) in cases {
            let hops: Vec<&str> = header.split(',').collect();
            let address = nearest_untrusted(peer.parse().expect("peer"), &hops, &trusted);
            assert_eq!(address.to_string(), expected, "{peer} {header}");
        }
        assert_eq!(throttled_as("2001:db8::1".parse().expect("v6")).to_string(), "2001:db8::");
    }
}
