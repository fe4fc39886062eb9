//! Who is asking. Every route under `/api/0` passes through [`gate`], which asks the table in [`rules`] and hands the
//! handler an [`Api`] that sees what the caller may see: without the gate it sees nothing.
//!
//! A browser has a session cookie, a program a bearer token; both are 256 random bits of which only the SHA-256
//! is stored. A cookie alone never changes anything: the request also has to show that our own page made it.

use actix_web::body::MessageBody;
use actix_web::dev::{Extensions, Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::future::{Ready, ready};
use std::rc::Rc;

use crate::api::Api;
use crate::api::auth::rules::Needs;
use crate::api::auth::scopes::Access;
use crate::api::error::ApiError;
use crate::model::account::{Account, ApiToken, Role, TokenHash};
use crate::model::audit::Actor;
use crate::model::ids::AccountId;
use crate::store::Store;

pub mod address;
pub mod bootstrap;
pub mod password;
pub mod rules;
pub mod scopes;
pub mod sign_in;
pub mod throttle;
pub mod touches;

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

    /// The account of a person; the token of the settings has none.
    pub fn person(&self) -> Result<&Account, ApiError> {
        self.account.as_ref().ok_or_else(|| {
            ApiError::forbidden("The token of the settings belongs to nobody: sign in as a person for this")
        })
    }

    /// The session behind the request, where it is one.
    pub fn session(&self) -> Option<TokenHash> {
        match self.secret {
            Secret::Cookie(hash) => Some(hash),
            Secret::Bearer(_) => None,
        }
    }

    /// Sentry's names for what this caller may do.
    pub fn scopes(&self) -> Vec<String> {
        let mut scopes = scopes::of_role(self.role);
        if let Some(token) = &self.token {
            scopes.retain(|scope| token.scopes.contains(scope));
        }
        scopes
    }

    /// What the audit log calls it.
    pub fn actor(&self) -> Actor {
        let label = self.account.as_ref().map_or(bootstrap::SETTING, |account| account.email.as_str());
        let token = self.token.as_ref().filter(|token| token.account != bootstrap::INSTANCE);
        Actor {
            account: self.account_id(),
            label: label.to_owned(),
            token: token.map(|token| format!("{} ({}…)", token.name, token.prefix)),
            address: None,
        }
    }

    /// Whether the list of members is open to it.
    pub fn sees_people(&self) -> bool {
        let list = rules::rule(&Method::GET, "organizations/*/members");
        self.check(list.needs, Access::Read).is_ok()
    }

    fn check(&self, needs: Needs, access: Access) -> Result<(), ApiError> {
        let is_allowed = match needs {
            Needs::Nothing | Needs::Caller => true,
            Needs::Session(_) if self.session().is_none() => {
                return Err(ApiError::forbidden("A token cannot do this: sign in with a browser"));
            }
            Needs::Session(role) => self.role >= role,
            Needs::Role(role, kinds) => {
                let token = self.token.as_ref();
                self.role >= role && token.is_none_or(|token| scopes::grant(&token.scopes, kinds, access))
            }
        };
        let refused = || ApiError::forbidden("You do not have permission to perform this action");
        if is_allowed { Ok(()) } else { Err(refused()) }
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

/// Lets a request through when the table says so and it is about our organization, and writes down what it changed.
pub async fn gate(
    api: web::Data<Api>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let path = request.path().strip_prefix(crate::api::ROOT).unwrap_or_default().to_owned();
    let rule = rules::rule(request.method(), &path);
    let writes = !rules::is_read(request.method());
    let is_public = rule.needs == Needs::Nothing;
    let secret = presented(request.request());
    let by_cookie = matches!(secret, Some(Secret::Cookie(_)));
    let caller = match secret {
        Some(secret) => api.run(move |api| find_caller(&api.store, &secret, Timestamp::now())).await?,
        None => None,
    };
    if writes && (by_cookie || is_public) && !is_same_origin(request.request(), &api.config.url) {
        return Err(ApiError::forbidden("This request did not come from LightTrace's own page").into());
    }
    match &caller {
        Some(caller) => caller.check(rule.needs, if writes { Access::Write } else { Access::Read })?,
        None if is_public => {}
        None => return Err(not_signed_in().into()),
    }
    if named_organization(&path).is_some_and(|org| org != api.config.org) {
        return Err(ApiError::not_found().into());
    }
    let address = address::client(request.request(), &api.config.trusted_proxies);
    if let Some(caller) = &caller {
        touches::note(&api, caller, address);
    }
    let seen = web::Data::new(api.seen_by(caller.as_ref(), address));
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    // In place of the application's own, which sees nothing.
    let mut data = Extensions::new();
    data.insert(seen.clone());
    request.add_data_container(Rc::new(data));
    let asked = format!("{path}?{}", request.query_string());
    let response = next.call(request).await?;
    if let Some(action) = rule.audit.filter(|_| writes && response.status().is_success()) {
        seen.write_down(action, &asked).await;
    }
    Ok(response)
}

fn not_signed_in() -> ApiError {
    ApiError::unauthorized("Authentication credentials were not provided.")
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

/// Who is behind a long answer now; `None` once the session or token has ended.
pub(super) fn again(
    store: &Store,
    caller: &Caller,
    now: Timestamp,
) -> crate::api::error::Result<Option<Caller>> {
    find_caller(store, &caller.secret, now)
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
}
