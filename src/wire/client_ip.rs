//! Whose address a request came from, for ingest and for the throttling of sign-in. Pure.

use std::net::IpAddr;

use ipnet::IpNet;

/// The peer, unless the peer is a proxy that we were told to trust: then the right-most hop of
/// `X-Forwarded-For` that is none. What stands left of it, anybody could have written.
pub fn find(peer: Option<IpAddr>, forwarded_for: Option<&str>, trusted: &[IpNet]) -> Option<IpAddr> {
    let mut client = canonical(peer?);
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    for hop in forwarded_for.unwrap_or_default().rsplit(',') {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = parse(hop) else { break };
        client = address;
    }
    Some(client)
}

/// Some proxies write a port beside the address.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop.parse().ok().or_else(|| Some(hop.parse::<std::net::SocketAddr>().ok()?.ip()))?;
    Some(canonical(address))
}

/// `::ffff:10.0.0.1` is 10.0.0.1.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn hops() {
        let trusted = ["10.0.0.0/8".parse().expect("network"), "::1/128".parse().expect("network")];
        let cases = [
            ("1.2.3.4", None, "1.2.3.4"),
            ("1.2.3.4", Some("9.9.9.9"), "1.2.3.4"),
            ("10.0.0.1", None, "10.0.0.1"),
            ("10.0.0.1", Some("9.9.9.9"), "9.9.9.9"),
            ("::ffff:10.0.0.1", Some("9.9.9.9"), "9.9.9.9"),
            ("::1", Some("2001:db8::1"), "2001:db8::1"),
            ("10.0.0.1", Some("6.6.6.6, 9.9.9.9"), "9.9.9.9"),
            ("10.0.0.1", Some("6.6.6.6, 9.9.9.9, 10.1.1.1"), "9.9.9.9"),
            ("10.0.0.1", Some("9.9.9.9:4711"), "9.9.9.9"),
            ("10.0.0.1", Some(""), "10.0.0.1"),
            ("10.0.0.1", Some("9.9.9.9, 1.2.3.4, 10.0.0.2"), "1.2.3.4"),
            ("10.0.0.1", Some("unknown"), "10.0.0.1"),
            ("10.0.0.1", Some("9.9.9.9, unknown"), "10.0.0.1"),
            ("10.0.0.1", Some("10.0.0.3, 10.0.0.2"), "10.0.0.3"),
        ];
        for (peer, forwarded, expected) in cases {
            let found = find(Some(peer.parse().expect("address")), forwarded, &trusted);
            assert_eq!(found, Some(expected.parse().expect("address")), "{peer} {forwarded:?}");
        }
        assert_eq!(find(None, Some("9.9.9.9"), &trusted), None);
    }
}
