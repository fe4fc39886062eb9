//! What every HTTP client of ours has in common: it goes where it was told and nowhere else, and what it could not do is said by the cause.

use std::error::Error;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};

const USER_AGENT: &str = concat!("LightTrace/", env!("CARGO_PKG_VERSION"));

/// No redirects, no proxies of the environment. `settings`: what this one has besides.
pub fn client(settings: impl Fn(ClientBuilder) -> ClientBuilder) -> Result<Client, String> {
    // Another part may have said so before; it would have said the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        settings(
            Client::builder()
                .user_agent(USER_AGENT)
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                // A connection that was kept may be dead, and requests are few.
                .pool_max_idle_per_host(0),
        )
    };
    let none: [Certificate; 0] = [];
    // A machine without certificates still reaches whoever wants none.
    let made = builder().build().or_else(|_| builder().tls_certs_only(none).build());
    made.map_err(|error| format!("No request can be made: {}", innermost(&error)))
}

/// The innermost cause is what people need to read. Addresses may hold passwords, and are left out.
pub fn innermost(error: &dyn Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}
