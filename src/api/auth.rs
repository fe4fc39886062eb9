//! Who is asking. Every route under `/api/0` passes through [`gate`]; only the few named in [`is_public`] go on
//! without an account.
//!
//! A browser has a session cookie, a program a bearer token; both are 256 random bits of which only the SHA-256
//! is stored. A cookie alone never changes anything: the request also has to show that our own page made it.

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::future::{Ready, ready};

use crate::api::Api;
use crate::api::auth::scopes::Access;
use crate::api::error::ApiError;
use crate::model::account::{Account, ApiToken, Role, TokenHash};
use crate::model::ids::AccountId;
use crate::store::Store;

pub mod address;
pub mod bootstrap;
pub mod password;
pub mod scopes;
pub mod sign_in;
pub mod throttle;

pub const COOKIE: &str = "lighttrace_session";
/// A page of another origin cannot set this without a preflight, which we never grant.
const CSRF_HEADER: &str = "X-LightTrace-CSRF";

/// The account behind a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// `None` for the token from the settings, which belongs to the instance itself.
    pub account: Option<Account>,
    pub role: Role,
    pub token: Option<ApiToken>,
    /// What was shown, to ask again whether it still counts.
    secret: Secret,
}

impl Caller {
    /// Who is named in an issue's history.
    pub fn account_id(&self) -> Option<AccountId> {
        self.account.as_ref().map(|account| account.id)
    }

    /// Sentry's names for what this caller may do.
    pub fn scopes(&self) -> Vec<String> {
        if let Some(token) = &self.token {
            return token.scopes.clone();
        }
        let kinds = ["org", "project", "event", "member", "team"];
        let verbs: &[&str] = match self.role {
            Role::Viewer => &["read"],
            Role::Member => &["read", "write"],
            Role::Admin | Role::Owner => &["read", "write", "admin"],
        };
        kinds.iter().flat_map(|kind| verbs.iter().map(move |verb| format!("{kind}:{verb}"))).collect()
    }

    fn may(&self, access: Access, path: &str) -> bool {
        let scopes = self.token.as_ref().map(|token| &token.scopes);
        let is_granted =
            scopes.is_none_or(|scopes| scopes::grant(scopes, scopes::kinds_of(path, access), access));
        is_granted && (access == Access::Read || self.role > Role::Viewer)
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Self>().cloned();
        ready(caller.ok_or_else(not_signed_in))
    }
}

/// A new secret of 256 bits and what is stored of it.
pub fn new_token() -> (String, TokenHash) {
    let mut secret = [0u8; 32];
    getrandom::fill(&mut secret).expect("the system has randomness");
    let token = hex::encode(secret);
    let hash = hash_token(&token);
    (token, hash)
}

pub fn hash_token(token: &str) -> TokenHash {
    TokenHash(Sha256::digest(token.as_bytes()).into())
}

/// Lets a request through when it is signed in, allowed to write if it writes, and about our organization.
pub async fn gate(
    api: web::Data<Api>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let path = request.path().strip_prefix(crate::api::ROOT).unwrap_or_default().to_owned();
    let secret = presented(request.request());
    let by_cookie = matches!(secret, Some(Secret::Cookie(_)));
    let caller = match secret {
        Some(secret) => api.run(move |api| find_caller(&api.store, &secret, Timestamp::now())).await?,
        None => None,
    };
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if writes && (by_cookie || is_public(&path)) && !is_same_origin(request.request(), &api.config.url) {
        return Err(ApiError::forbidden("This request did not come from LightTrace's own page").into());
    }
    match caller {
        Some(caller) => {
            let access = if writes { Access::Write } else { Access::Read };
            if !is_public(&path) && !caller.may(access, &path) {
                return Err(ApiError::forbidden("You do not have permission to perform this action").into());
            }
            request.extensions_mut().insert(caller);
        }
        None if is_public(&path) => {}
        None => return Err(not_signed_in().into()),
    }
    if named_organization(&path).is_some_and(|org| org != api.config.org) {
        return Err(ApiError::not_found().into());
    }
    next.call(request).await
}

fn not_signed_in() -> ApiError {
    ApiError::unauthorized("Authentication credentials were not provided.")
}

/// What anyone may call: to sign in, to set up, and to learn which of the two is due.
pub fn is_public(path: &str) -> bool {
    matches!(path.trim_matches('/'), "auth/login" | "auth/logout" | "auth/setup" | "auth/config")
}

/// `organizations/{org}/…` and `projects/{org}/…` name one.
fn named_organization(path: &str) -> Option<&str> {
    let mut parts = path.trim_start_matches('/').split('/');
    let is_scoped = matches!(parts.next(), Some("organizations" | "projects"));
    parts.next().filter(|org| is_scoped && !org.is_empty())
}

#[derive(Debug, Clone, Copy)]
enum Secret {
    Cookie(TokenHash),
    Bearer(TokenHash),
}

fn presented(request: &HttpRequest) -> Option<Secret> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        // A bad token is no token: never fall back to the cookie.
        return scheme.eq_ignore_ascii_case("bearer").then(|| Secret::Bearer(hash_token(token.trim())));
    }
    Some(Secret::Cookie(hash_token(request.cookie(COOKIE)?.value())))
}

/// Whether the session or token behind a long answer still counts.
pub(super) fn is_signed_in(
    store: &Store,
    caller: &Caller,
    now: Timestamp,
) -> crate::api::error::Result<bool> {
    Ok(find_caller(store, &caller.secret, now)?.is_some())
}

fn find_caller(store: &Store, secret: &Secret, now: Timestamp) -> crate::api::error::Result<Option<Caller>> {
    let secret = *secret;
    match secret {
        Secret::Cookie(hash) => {
            let Some(session) = store.find_session(hash, now)? else { return Ok(None) };
            let account = store.find_account(session.account)?;
            Ok(account.map(|account| Caller {
                role: account.role,
                account: Some(account),
                token: None,
                secret,
            }))
        }
        Secret::Bearer(hash) => {
            let Some(mut token) = store.find_token(hash, now)? else { return Ok(None) };
            if token.account == bootstrap::INSTANCE {
                // All there are today, not those of the day on which it was first seen.
                token.scopes = scopes::all();
                return Ok(Some(Caller { account: None, role: Role::Owner, token: Some(token), secret }));
            }
            let account = store.find_account(token.account)?;
            Ok(account.map(|account| Caller {
                role: account.role,
                account: Some(account),
                token: Some(token),
                secret,
            }))
        }
    }
}

/// Whether our own page made this request, going by what only a browser's page of our origin can send.
fn is_same_origin(request: &HttpRequest, public: &url::Url) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header(CSRF_HEADER).is_some() {
        return true;
    }
    if let Some(site) = header("Sec-Fetch-Site") {
        return site == "same-origin";
    }
    match header("Origin") {
        Some(origin) => {
            let host = header("Host").unwrap_or_default();
            origin == public.origin().ascii_serialization()
                || origin.split_once("://").is_some_and(|(_, authority)| authority == host)
        }
        // No browser leaves out all three on an unsafe request; a program without a cookie jar has nothing to forge.
        None => request.cookie(COOKIE).is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::cookie::Cookie;
    use actix_web::test::TestRequest;

    #[test]
    fn a_cookie_needs_a_sign_of_our_own_page() {
        let public = url::Url::parse("https://errors.example.org").expect("valid");
        let cases = [
            (None, false),
            (Some(("X-LightTrace-CSRF", "1")), true),
            (Some(("Origin", "https://errors.example.org")), true),
            (Some(("Origin", "https://evil.example.org")), false),
            (Some(("Origin", "null")), false),
            (Some(("Sec-Fetch-Site", "same-origin")), true),
            (Some(("Sec-Fetch-Site", "same-site")), false),
            (Some(("Sec-Fetch-Site", "none")), false),
        ];
        for (sent, expected) in cases {
            let mut request = TestRequest::post().cookie(Cookie::new(COOKIE, "secret"));
            if let Some(pair) = sent {
                request = request.insert_header(pair);
            }
            assert_eq!(is_same_origin(&request.to_http_request(), &public), expected, "{sent:?}");
        }
        assert!(
            is_same_origin(&TestRequest::post().to_http_request(), &public),
            "no cookie, nothing to forge"
        );
    }

    #[test]
    fn paths_name_their_organization() {
        let cases = [
            ("/organizations/acme/issues/", Some("acme")),
            ("/projects/acme/shop/", Some("acme")),
            ("/organizations/", None),
            ("/issues/1/", None),
        ];
        for (path, expected) in cases {
            assert_eq!(named_organization(path), expected, "{path}");
        }
    }

    #[test]
    fn only_sign_in_is_public() {
        for path in ["/auth/login/", "/auth/config/", "/auth/setup/", "/auth/logout"] {
            assert!(is_public(path), "{path}");
        }
        for path in ["/", "/auth/", "/openapi.json", "/organizations/x/auth/login/", "/auth/login/x"] {
            assert!(!is_public(path), "{path}");
        }
    }
}
