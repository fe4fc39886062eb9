//! What a model would be given of an issue: the facts, the same as Markdown for an agent, and the messages word by word. Works without a
//! model, and where a project forbids sending: nothing is sent here.

use actix_web::{HttpRequest, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::explain::json::SentMessageJson;
use crate::api::issue::IssuePath;
use crate::api::params::Params;
use crate::explain::agent::markdown;
use crate::explain::evidence::{TOKENS_MAX, TOKENS_MIN};
use crate::model::explanation::EvidencePack;
use crate::model::ids::EventId;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceJson {
    #[serde(flatten)]
    pub pack: EvidencePack,
    /// To be handed to an agent.
    pub markdown: String,
    /// Exactly as they would be sent.
    pub messages: Vec<SentMessageJson>,
    /// The prompt that they were made of.
    pub prompt: String,
    pub prompt_version: String,
    /// The project forbids sending any of it.
    pub forbidden: bool,
    /// Prompts of the data folder that are not used, and why.
    pub prompt_problems: Vec<String>,
}

/// The evidence pack of an issue's event.
#[utoipa::path(get, path = "/api/0/issues/{id}/evidence/", tag = "issues",
    params(("id" = String, Path),
        ("event" = Option<String>, Query, description = "an event's id; the newest without it"),
        ("tokens" = Option<u32>, Query, description = "room for facts, 1,000 to 131,072; without it what the model is given")),
    responses((status = 200, body = EvidenceJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get_evidence(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
) -> Result<web::Json<EvidenceJson>> {
    let params = Params::of(&request);
    let now = Timestamp::now();
    let evidence = api.run(move |api| api.evidence(&path.id, &params, now)).await?;
    Ok(web::Json(evidence))
}

impl Api {
    fn evidence(&self, issue: &str, params: &Params, now: Timestamp) -> Result<EvidenceJson> {
        let issue = self.issue(issue)?;
        let event: Option<EventId> = match params.get("event") {
            None | Some("latest" | "recommended") => None,
            Some(id) => Some(id.parse().map_err(|_| ApiError::not_found())?),
        };
        let tokens = params.get("tokens").map(str::parse::<u32>).transpose();
        let tokens = tokens.map_err(|_| ApiError::bad_request("tokens: expected a number"))?;
        let tokens = tokens.map(|tokens| tokens.clamp(TOKENS_MIN, TOKENS_MAX));
        let (pack, rendered) = self.explainer.preview(&issue, event, tokens, now)?;
        let directory = self.store.directory();
        let project = directory.projects.get(&issue.project);
        let forbidden = project.is_some_and(|project| project.settings.explain.forbidden);
        let messages = rendered.messages.into_iter().map(|(role, content)| SentMessageJson { role, content });
        Ok(EvidenceJson {
            markdown: markdown(&pack),
            messages: messages.collect(),
            prompt: rendered.name,
            prompt_version: rendered.version,
            forbidden,
            prompt_problems: self.explainer.prompts().problems().to_vec(),
            pack,
        })
    }
}
