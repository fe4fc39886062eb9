//! Secrets and people that must never leave: a kind, the text in which it stands, and what of it must not be seen.

/// Each is made at run time, so that no file of this repository holds one whole.
pub fn planted() -> Vec<(&'static str, String, String)> {
    let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let letters = "q7Wz3LkP9xVb2NcT5mRd8HsJ4gFy6KaE1uQoXiBnMtCvZ0Sw";
    let of = |prefix: &str, length: usize| format!("{prefix}{}", &letters[..length]);
    let prefixed = [
        ("AWS access key", "AKIA".to_owned() + "IOSFODNN7EXAMPLQ"),
        ("GitHub token", of("ghp_", 36)),
        ("GitHub OAuth token", of("gho_", 36)),
        ("GitHub server token", of("ghs_", 36)),
        ("GitHub fine-grained token", of("github_pat_", 44)),
        ("GitLab token", of("glpat-", 20)),
        ("Stripe live key", of("sk_live_", 24)),
        ("Stripe restricted key", of("rk_live_", 24)),
        ("Stripe test key", of("sk_test_", 24)),
        ("OpenAI key", of("sk-proj-", 40)),
        ("Anthropic key", of("sk-ant-api03-", 40)),
        ("Slack bot token", format!("xoxb-{}-{}", "123456789012", &letters[..24])),
        ("Slack user token", format!("xoxp-{}-{}", "123456789012", &letters[..24])),
        ("Google API key", of("AIza", 35)),
        ("SendGrid key", format!("SG.{}.{}", &letters[..22], &letters[..43])),
        ("npm token", of("npm_", 36)),
        ("PyPI token", of("pypi-AgEIcHlwaS5vcmc", 40)),
        ("Twilio key", format!("SK{}", &hex[..32])),
        ("Mailgun key", format!("key-{}", &hex[..32])),
        ("Shopify token", format!("shpat_{}", &hex[..32])),
        ("DigitalOcean token", format!("dop_v1_{hex}")),
        ("Hugging Face token", of("hf_", 34)),
        ("Sentry token", of("sntrys_", 40)),
        ("JWT", format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", &letters[..43])),
    ];
    let mut planted: Vec<_> =
        prefixed.into_iter().map(|(kind, secret)| (kind, format!("it used {secret} then"), secret)).collect();
    let assigned = [
        "password",
        "passwd",
        "secret",
        "client_secret",
        "api_key",
        "apikey",
        "access_token",
        "refresh_token",
        "auth_token",
        "private_key",
        "session_id",
        "sessionid",
        "csrf_token",
        "x-api-key",
        "authorization",
        "db_password",
        "aws_secret_access_key",
        "encryption_key",
        "signing_secret",
        "webhook_secret",
    ];
    for (number, key) in assigned.into_iter().enumerate() {
        let value = format!("{}{number}", &letters[number..number + 16]);
        planted.push(("assignment", format!("{key}={value}"), value.clone()));
        let value = format!("{}J{number}", &letters[number + 3..number + 19]);
        planted.push(("JSON", format!("{{\"{key}\": \"{value}\"}}"), value));
        let value = format!("{}u{number}", &letters[number + 5..number + 21]);
        planted.push(("query", format!("GET /pay?a=1&{key}={value}&b=2"), value));
    }
    for scheme in ["postgres", "mysql", "mongodb+srv", "redis", "amqp", "https", "ftp", "smtp"] {
        let password = format!("pw{}{}", scheme.len(), &letters[4..16]);
        planted.push((
            "password in a URL",
            format!("{scheme}://user:{password}@db.internal:5432/shop"),
            password,
        ));
    }
    for card in ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", "6011111111111117"] {
        planted.push(("card", format!("card {card} was declined"), card.to_owned()));
    }
    for scheme in ["Bearer", "Basic", "Token"] {
        let token = format!("{}{}", &letters[8..36], scheme.len());
        planted.push(("header", format!("Authorization: {scheme} {token}"), token));
    }
    for person in ["ada.lovelace@example.org", "bob+spam@mail.example.co.uk"] {
        planted.push(("e-mail address", format!("no account for {person}"), person.to_owned()));
    }
    for address in ["203.0.113.77", "2001:db8:85a3::8a2e:370:7334"] {
        planted.push(("IP address", format!("refused by {address}"), address.to_owned()));
    }
    planted.push((
        "PEM",
        format!("-----BEGIN RSA PRIVATE KEY-----\n{letters}\n{hex}\n-----END RSA PRIVATE KEY-----"),
        letters.to_owned(),
    ));
    planted.push((
        "IBAN",
        "pay to DE89 3704 0044 0532 0130 00 now".to_owned(),
        "DE89 3704 0044 0532 0130 00".to_owned(),
    ));
    planted
}
