//! One request on its way in: who sends it, to which project, from where.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header;
use jiff::Timestamp;

use crate::inbox::Sender;
use crate::ingest::Ingest;
use crate::ingest::auth::{self, Auth, Places};
use crate::ingest::body::Body;
use crate::ingest::rate::Scope;
use crate::ingest::refusal::Refusal;
use crate::model::ids::{ProjectId, PublicKey};
use crate::model::project::{Project, ProjectKey, RateLimit};
use crate::store::Directory;
use crate::wire::client_ip;

/// Kept of a `User-Agent`.
const USER_AGENT_BYTES_MAX: usize = 512;

pub struct Request<'a> {
    pub ingest: &'a Ingest,
    pub http: &'a HttpRequest,
    pub body: Body,
    pub received: Timestamp,
    /// Once the authorization was good: whose ledger counts what happens next.
    pub authorized: Option<ProjectId>,
}

/// An authorized caller.
#[derive(Debug, Clone)]
pub struct Origin {
    pub project: Arc<Project>,
    pub key: ProjectKey,
    /// The SDK, as it names itself.
    pub client: Option<String>,
    pub sender: Sender,
}

/// `7`
pub fn parse_project(segment: &str) -> Result<ProjectId, Refusal> {
    let is_number = !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_digit());
    let parsed = if is_number { segment.parse().ok() } else { None };
    parsed.ok_or_else(|| Refusal::malformed("bad project path parameter"))
}

/// The media type without parameters, lower-case.
pub fn content_type(http: &HttpRequest) -> String {
    let value = http.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A key that may send to `project`; `None` is whichever project it belongs to.
pub fn find_key(
    directory: &Directory,
    key: PublicKey,
    project: Option<ProjectId>,
) -> Result<(&ProjectKey, &Arc<Project>), Refusal> {
    let rejected =
        |reason: &str| Refusal::forbidden(format!("event submission rejected with_reason: {reason}"));
    let key = directory.keys.get(&key).filter(|key| key.enabled).ok_or_else(|| rejected("ProjectId"))?;
    if project.is_some_and(|project| project != key.project) {
        return Err(rejected("MultiProjectId"));
    }
    let project = directory.projects.get(&key.project).ok_or_else(|| rejected("ProjectId"))?;
    Ok((key, project))
}

impl Request<'_> {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.http.headers().get(name)?.to_str().ok()
    }

    /// The same where clients put names of their own into it: what is not text costs no more than itself.
    fn lossy_header(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(String::from_utf8_lossy(self.http.headers().get(name)?.as_bytes()))
    }

    /// The media type without parameters, lower-case.
    pub fn content_type(&self) -> String {
        content_type(self.http)
    }

    /// The first value of a query parameter, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.http.query_string().as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// `None`: the request names no key anywhere.
    pub fn find_auth(&self, path_key: Option<&str>) -> Result<Option<Auth>, Refusal> {
        auth::find(Places {
            sentry_header: self.lossy_header("x-sentry-auth").as_deref(),
            authorization: self.lossy_header("authorization").as_deref(),
            query: self.http.query_string(),
            path_key,
        })
    }

    /// Demands an authorization for `project`; `None` is whichever project the key belongs to.
    pub fn authorize(
        &mut self,
        project: Option<ProjectId>,
        path_key: Option<&str>,
    ) -> Result<Origin, Refusal> {
        let auth = self.find_auth(path_key)?;
        let auth = auth.ok_or_else(|| Refusal::unauthorized("missing authorization information"))?;
        self.check(auth, project)
    }

    /// Looks the key up. Why it is refused stays the same for unknown and disabled keys.
    pub fn check(&mut self, auth: Auth, project: Option<ProjectId>) -> Result<Origin, Refusal> {
        let directory = self.ingest.store.directory();
        let (key, project) = find_key(&directory, auth.key, project)?;
        self.authorized = Some(project.id);
        self.ingest.uses.note(key.public, self.received);
        self.body.lease.assign(project.id).map_err(|_| Refusal::overloaded())?;
        Ok(Origin {
            project: Arc::clone(project),
            key: key.clone(),
            client: auth.client,
            sender: self.sender(project.id),
        })
    }

    fn sender(&self, project: ProjectId) -> Sender {
        let peer = self.http.peer_addr().map(|address| address.ip());
        // Several lines are one list, in their order.
        let lines = self.http.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
        let forwarded_for = lines.collect::<Vec<_>>().join(",");
        let forwarded_for = Some(forwarded_for.as_str()).filter(|list| !list.is_empty());
        let user_agent = self.http.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Sender {
            project,
            received: self.received,
            client_ip: client_ip::find(peer, forwarded_for, &self.ingest.trusted_proxies),
            user_agent: user_agent
                .map(|text| text[..text.floor_char_boundary(USER_AGENT_BYTES_MAX)].to_owned()),
        }
    }
}

impl Origin {
    /// The limits that count what this caller sends, widest first.
    pub fn limits(&self, total: Option<RateLimit>) -> Vec<(Scope, RateLimit)> {
        let all = [
            (Scope::Total, total),
            (Scope::Project(self.project.id), self.project.settings.rate_limit),
            (Scope::Key(self.key.public), self.key.rate_limit),
        ];
        all.into_iter().filter_map(|(scope, limit)| Some((scope, limit?))).collect()
    }

    /// Whether this is a Python client of the generation that writes `NaN` into its JSON.
    pub fn writes_non_finite_numbers(&self) -> bool {
        let names = [self.client.as_deref(), self.sender.user_agent.as_deref()];
        names.into_iter().flatten().any(|name| {
            ["raven-python", "sentry-python", "sentry.python"].iter().any(|prefix| name.starts_with(prefix))
        })
    }
}
