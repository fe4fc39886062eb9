//! The address a request came from, for throttling. `X-Forwarded-For` counts only behind configured proxies.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use ipnet::IpNet;

use crate::wire::client_ip;

pub fn client(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.ip());
    let forwarded = request.headers().get_all("X-Forwarded-For").filter_map(|value| value.to_str().ok());
    let hops = forwarded.collect::<Vec<_>>().join(",");
    client_ip::find(Some(peer), Some(&hops), trusted).unwrap_or(peer)
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
    fn a_network_of_ipv6_is_throttled_as_one() {
        assert_eq!(throttled_as("2001:db8::1".parse().expect("v6")).to_string(), "2001:db8::");
        assert_eq!(throttled_as("203.0.113.7".parse().expect("v4")).to_string(), "203.0.113.7");
    }
}
