//! Issues that read like one.

use actix_web::{HttpRequest, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::error::{ErrorBody, Result};
use crate::api::issue::IssuePath;
use crate::api::issue_json::{IssueJson, Stats};
use crate::api::params::Params;
use crate::model::ids::ProjectId;
use crate::model::issue::Issue;
use crate::search::Similar;

const SIMILAR_MAX: usize = 5;
/// Issues that share less say nothing.
const SCORE_MIN: f64 = 0.2;

#[derive(Serialize, ToSchema)]
pub struct SimilarIssue {
    pub issue: IssueJson,
    /// Above 0, at most 1.
    pub score: f64,
    /// What both have, the most telling first: `frame chargecard`.
    pub because: Vec<String>,
}

/// Issues whose events share the telling words of this one's newest event; those of the same project first.
#[utoipa::path(get, path = "/api/0/issues/{id}/text-similar/", tag = "issues", params(("id" = String, Path)),
    responses((status = 200, body = Vec<SimilarIssue>), (status = 404, body = ErrorBody)))]
pub async fn text_similar(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
) -> Result<web::Json<Vec<SimilarIssue>>> {
    let params = Params::of(&request);
    let now = Timestamp::now();
    let similar = api.run(move |api| api.similar_issues(&api.issue(&path.id)?, &params, now)).await?;
    Ok(web::Json(similar))
}

impl Api {
    fn similar_issues(&self, issue: &Issue, params: &Params, now: Timestamp) -> Result<Vec<SimilarIssue>> {
        let Some(place) = self.store.issue_events(issue.id, None, 1)?.into_iter().next() else {
            return Ok(Vec::new());
        };
        let Some(stored) = self.reader.read(&place)? else { return Ok(Vec::new()) };
        let search =
            |projects: &[ProjectId]| self.search.similar(&stored.event, issue.id, projects, SIMILAR_MAX);
        let mut found = search(&[issue.project])?;
        let all = || self.store.directory().projects.keys().copied().collect();
        let others: Vec<ProjectId> = self.projects_of(params)?.unwrap_or_else(all);
        let others: Vec<ProjectId> = others.into_iter().filter(|project| *project != issue.project).collect();
        found.retain(|similar| similar.score >= SCORE_MIN);
        if found.len() < SIMILAR_MAX && !others.is_empty() {
            found.extend(search(&others)?.into_iter().filter(|similar| similar.score >= SCORE_MIN));
        }
        found.truncate(SIMILAR_MAX);
        let mut rows = Vec::with_capacity(found.len());
        for Similar { issue, score, because } in found {
            if let Some(issue) = self.store.find_issue(issue)? {
                rows.push(SimilarIssue { issue: self.issue_json(issue, Stats::Day, now)?, score, because });
            }
        }
        Ok(rows)
    }
}
