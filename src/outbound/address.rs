//! Where messages may go: an address that somebody set up must not lead to this machine's neighbours, who trust it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Who is reached at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Everyone,
    /// This machine and its networks: only where the operator permits it.
    Private,
    /// Nobody who could be meant: a cloud's metadata, groups, addresses without a place.
    Never,
}

/// Why a target was refused, as a sentence for whoever set it up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(String);

/// As far as can be told without looking names up; what they lead to is judged at each try.
pub fn check_target(url: &str, allow_private: bool) -> Result<(), String> {
    check(url, allow_private).map(drop).map_err(|refusal| refusal.0)
}

pub(super) fn check(url: &str, allow_private: bool) -> Result<Url, Refusal> {
    let url = Url::parse(url.trim()).map_err(|_| Refusal("This is no web address".to_owned()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal("Expected an address that begins with https:// or http://".to_owned()));
    }
    match url.host() {
        None | Some(Host::Domain("")) => return Err(Refusal("The address names no host".to_owned())),
        Some(Host::Domain(name)) => check_name(name, allow_private)?,
        Some(Host::Ipv4(address)) => check_address(IpAddr::V4(address), allow_private)?,
        Some(Host::Ipv6(address)) => check_address(IpAddr::V6(address), allow_private)?,
    }
    Ok(url)
}

/// The names of this machine (RFC 6761), whatever its resolver says.
fn check_name(name: &str, allow_private: bool) -> Result<(), Refusal> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if !allow_private && (name == "localhost" || name.ends_with(".localhost")) {
        return Err(private(&name));
    }
    Ok(())
}

pub(super) fn check_address(address: IpAddr, allow_private: bool) -> Result<(), Refusal> {
    match reach(address) {
        Reach::Everyone => Ok(()),
        Reach::Private if allow_private => Ok(()),
        Reach::Private => Err(private(&address.to_string())),
        Reach::Never => Err(Refusal(format!("{address} is no address that messages can be sent to"))),
    }
}

/// Of a name, those that may be reached; an error where there is none.
pub(super) fn permitted(
    name: &str,
    addresses: impl Iterator<Item = IpAddr>,
    allow_private: bool,
) -> Result<Vec<IpAddr>, Refusal> {
    let mut refusal = Refusal(format!("{name} has no address"));
    let mut permitted = Vec::new();
    for address in addresses {
        match check_address(address, allow_private) {
            Ok(()) => permitted.push(address),
            Err(Refusal(reason)) => refusal = Refusal(format!("{name} leads to {reason}")),
        }
    }
    if permitted.is_empty() { Err(refusal) } else { Ok(permitted) }
}

fn private(what: &str) -> Refusal {
    Refusal(format!(
        "{what}, which is this machine or its private network: not allowed unless LIGHTTRACE_ALLOW_PRIVATE_TARGETS is true"
    ))
}

fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

/// IANA's special-purpose registry.
#[expect(clippy::match_same_arms, reason = "a row a kind")]
fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        [127 | 10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Reach::Private,
        // Carriers' and overlay networks' shared space.
        [100, 64..=127, ..] => Reach::Private,
        // "This network"; link-local, where clouds keep their keys; protocol assignments.
        [0, ..] | [169, 254, ..] | [192, 0, 0, _] => Reach::Never,
        // Documentation, the old relays of 6to4, benchmarks.
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Reach::Never,
        [192, 88, 99, _] | [198, 18..=19, ..] => Reach::Never,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => Reach::Never,
        _ => Reach::Everyone,
    }
}

/// What is no global unicast is refused, as is whatever holds an IPv4 address that would be.
#[expect(clippy::match_same_arms, reason = "a row a kind")]
fn reach_v6(address: Ipv6Addr) -> Reach {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        reach_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Private,
        // Mapped; translated (NAT64); 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        [0xfc00..=0xfdff, ..] => Reach::Private,
        // Teredo, ORCHID and other protocols; documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Reach::Never,
        [0x2000..=0x3fff, ..] => Reach::Everyone,
        _ => Reach::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_reached_at_an_address() {
        let everyone = [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "::ffff:1.1.1.1",
        ];
        let private = [
            "127.0.0.1",
            "127.255.0.3",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::c0a8:101",
            "2002:7f00:1::1",
            "2002:a00:1::",
        ];
        let never = [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "192.0.0.1",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "192.88.99.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "100::1",
            "::7f00:1",
            "64:ff9b:1::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "3fff::1",
            "5f00::1",
        ];
        for (addresses, expected) in
            [(&everyone[..], Reach::Everyone), (&private[..], Reach::Private), (&never[..], Reach::Never)]
        {
            for address in addresses {
                assert_eq!(reach(address.parse().expect("an address")), expected, "{address}");
            }
        }
    }

    #[test]
    fn targets_are_checked_whatever_their_spelling() {
        let good =
            ["https://hooks.slack.com/services/T/B/x", "http://example.com:8080/hook", "https://1.1.1.1/"];
        for url in good {
            assert_eq!(check_target(url, false), Ok(()), "{url}");
        }
        let private = [
            "http://localhost:9000/",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://user:x@10.0.0.1:80/",
            "http://①②⑦.⓪.⓪.①/",
        ];
        for url in private {
            let refused = check_target(url, false).expect_err(url);
            assert!(refused.contains("LIGHTTRACE_ALLOW_PRIVATE_TARGETS"), "{url}: {refused}");
            assert_eq!(check_target(url, true), Ok(()), "{url}");
        }
        let never = [
            "",
            "hook",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "http://",
            "http://169.254.169.254/latest/meta-data/",
            "http://0.0.0.0/",
            "http://0/",
            "http://[::]/",
            "http://[fe80::1]/",
            "mailto:a@b.c",
            "unix:/run/docker.sock",
            "http://2852039166/",
        ];
        for url in never {
            assert!(check_target(url, true).is_err(), "{url}");
        }
    }

    #[test]
    fn of_a_name_only_what_may_be_reached_is_left() {
        let addresses =
            |texts: &[&str]| texts.iter().map(|text| text.parse().expect("valid")).collect::<Vec<IpAddr>>();
        let mixed = addresses(&["10.0.0.1", "1.1.1.1", "169.254.169.254"]);
        let left = |allow| permitted("example.com", mixed.iter().copied(), allow).expect("some");
        assert_eq!(left(false), addresses(&["1.1.1.1"]));
        assert_eq!(left(true), addresses(&["10.0.0.1", "1.1.1.1"]));
        let refused =
            permitted("evil.example", addresses(&["127.0.0.1"]).into_iter(), false).expect_err("private");
        assert!(refused.to_string().starts_with("evil.example leads to 127.0.0.1, which is"), "{refused}");
        let nothing = permitted("void.example", std::iter::empty(), true).expect_err("nothing");
        assert_eq!(nothing.to_string(), "void.example has no address");
    }
}
