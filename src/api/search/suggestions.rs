//! Completion of a query: keys and values that there really are, for the place where the caret stands.

use actix_web::{HttpRequest, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::params::Params;
use crate::model::ids::ProjectId;
use crate::model::query;
use crate::model::saved_search::{SavedSearch, SearchKind};
use crate::search::Known;
use crate::search::query::{Caret, KNOWN, STATES, Spot, caret};

const ITEMS_MAX: usize = 20;
const SAVED_MAX: usize = 3;
/// Shorter words complete to keys only, not to states.
const STATE_CHARS_MIN: usize = 2;

#[derive(Serialize, ToSchema)]
pub struct Suggestions {
    /// What an item's text replaces, in characters from the start of the query: `[from, to)`.
    pub from: usize,
    pub to: usize,
    /// The likeliest first.
    pub items: Vec<Suggestion>,
}

#[derive(Debug, Serialize, ToSchema, PartialEq)]
pub struct Suggestion {
    /// `key`, `value`, `operator` or `saved`, a search kept under this name.
    pub kind: &'static str,
    pub text: String,
    pub label: String,
    pub note: String,
    /// Events that have it, where that is cheap to know.
    #[schema(required)]
    pub count: Option<u64>,
}

/// What the query may go on with at the caret.
#[utoipa::path(get, path = "/api/0/organizations/{org}/search-suggestions/", tag = "events",
    params(("org" = String, Path), ("query" = Option<String>, Query),
        ("position" = Option<usize>, Query, description = "Characters before the caret; the end if absent"),
        ("project" = Option<Vec<String>>, Query), ("scope" = Option<String>, Query, description = "issues or events")),
    responses((status = 200, body = Suggestions), (status = 400, body = ErrorBody)))]
pub async fn search_suggestions(
    api: web::Data<Api>,
    request: HttpRequest,
    caller: Caller,
) -> Result<web::Json<Suggestions>> {
    let params = Params::of(&request);
    Ok(web::Json(api.run(move |api| api.suggestions(&params, &caller)).await?))
}

impl Api {
    fn suggestions(&self, params: &Params, caller: &Caller) -> Result<Suggestions> {
        let query = params.get("query").unwrap_or_default();
        let position = match params.get("position") {
            None => usize::MAX,
            Some(text) => text.parse().map_err(|_| ApiError::bad_request("position: expected a number"))?,
        };
        let projects = self.narrowed_projects(params)?;
        let caret = caret(query, position);
        let items = match &caret.spot {
            Spot::Term => {
                // A saved search stands for a whole query, so only where nothing else is typed.
                let is_whole = caret.from == 0 && caret.to == query.chars().count();
                let mut items = if is_whole { self.saved(params, caller, &caret.typed)? } else { Vec::new() };
                items.extend(self.terms(&caret.typed, projects.as_deref())?);
                items.truncate(ITEMS_MAX);
                items
            }
            Spot::Value { key, quoted } => {
                let closes = *quoted && query.chars().nth(caret.to) != Some('"');
                self.values(params, &caret, key, projects.as_deref(), &|value| {
                    written(value, *quoted, closes)
                })?
            }
        };
        let Caret { from, to, .. } = caret;
        Ok(Suggestions { from, to, items })
    }

    fn saved(&self, params: &Params, caller: &Caller, typed: &str) -> Result<Vec<Suggestion>> {
        let kind = match params.get("scope") {
            Some("events") => SearchKind::Events,
            _ => SearchKind::Issues,
        };
        let typed = typed.to_lowercase();
        let mut searches = self.searches_of(caller, Some(kind))?;
        searches.retain(|search| search.name.to_lowercase().contains(&typed));
        searches.truncate(SAVED_MAX);
        let item = |SavedSearch { name, query, .. }: SavedSearch| {
            suggestion("saved", query.clone(), &name, &query, None)
        };
        Ok(searches.into_iter().map(item).collect())
    }

    fn terms(&self, typed: &str, projects: Option<&[ProjectId]>) -> Result<Vec<Suggestion>> {
        let lower = typed.to_lowercase();
        let tags = self.search.keys(&lower, projects, ITEMS_MAX)?;
        let count = |key: &str| {
            let tag = tags.iter().find(|tag| tag.text.to_lowercase() == key.to_lowercase());
            tag.and_then(|tag| tag.events)
        };
        let begins = KNOWN.iter().filter(|(key, _)| key.to_lowercase().starts_with(&lower));
        let mut items: Vec<Suggestion> =
            begins.map(|(key, note)| suggestion("key", format!("{key}:"), key, note, count(key))).collect();
        // Who types a word may mean a state, or nothing that completes.
        if typed.chars().count() >= STATE_CHARS_MIN {
            let states = STATES.iter().filter(|state| state.starts_with(&lower));
            items.extend(states.map(|state| {
                let text = format!("is:{state}");
                suggestion("value", format!("{text} "), &text, "state of the issue", None)
            }));
        }
        let is_known =
            |tag: &Known| KNOWN.iter().any(|(key, _)| key.to_lowercase() == tag.text.to_lowercase());
        items.extend(tags.iter().filter(|tag| !is_known(tag)).map(|tag| {
            let plain = tag.text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
            let text = if plain { format!("{}:", tag.text) } else { format!("tags[{}]:", tag.text) };
            suggestion("key", text, &tag.text, "tag", tag.events)
        }));
        let operators = [("OR", "either side"), ("AND", "both sides")];
        let operators = operators.iter().filter(|(word, _)| !typed.is_empty() && word.starts_with(typed));
        items.extend(
            operators.map(|(word, note)| suggestion("operator", format!("{word} "), word, note, None)),
        );
        items.truncate(ITEMS_MAX);
        Ok(items)
    }

    fn values(
        &self,
        params: &Params,
        caret: &Caret,
        key: &str,
        projects: Option<&[ProjectId]>,
        write: &dyn Fn(&str) -> String,
    ) -> Result<Vec<Suggestion>> {
        let sign = caret.typed.len() - caret.typed.trim_start_matches(['>', '<', '=']).len();
        let (sign, typed) = caret.typed.split_at(sign);
        let typed = typed.to_lowercase();
        let fixed = |values: &[&str]| -> Vec<Known> {
            let lower = caret.typed.to_lowercase();
            let mut fitting: Vec<&str> =
                values.iter().copied().filter(|value| value.to_lowercase().contains(&lower)).collect();
            // The sort is stable: those that begin with it, in their order, and then those that hold it.
            fitting.sort_by_key(|value| !value.to_lowercase().starts_with(&lower));
            fitting.into_iter().map(|value| Known { text: value.to_owned(), events: None }).collect()
        };
        let lower = key.to_lowercase();
        let of_index = |key: &str| self.search.values(key, &typed, projects, ITEMS_MAX);
        let known = match lower.as_str() {
            "is" => fixed(STATES),
            "has" => self.search.keys(&typed, projects, ITEMS_MAX)?,
            "project" | "project.name" => self.project_slugs(&typed, projects),
            "assigned" | "assignee" | "assigned_to" => self.people(params, &typed)?,
            "in_app" | "error.handled" | "error.unhandled" => fixed(&["true", "false"]),
            "firstseen" | "first_seen" | "lastseen" | "last_seen" | "timestamp" => {
                fixed(&["-1h", "-24h", "-7d", "-30d", "+7d", "+30d"])
            }
            "age" => fixed(&["-1h", "-24h", "-7d", "+7d", "+30d"]),
            "times_seen" | "timesseen" => fixed(&[">10", ">100", ">1000"]),
            "usercount" | "user_count" => fixed(&[">1", ">10", ">100"]),
            "file" | "stack.filename" | "stack.abs_path" => self.search.files(&typed, projects, ITEMS_MAX)?,
            "release" => {
                let latest = if sign.is_empty() { fixed(&["latest"]) } else { Vec::new() };
                latest.into_iter().chain(of_index("release")?).collect()
            }
            "firstrelease" | "first_release" | "lastrelease" | "last_release" => of_index("release")?,
            "user" => {
                let mut any = Vec::new();
                for key in ["user.email", "user.username", "user.id"] {
                    any.extend(of_index(key)?);
                }
                any
            }
            other => of_index(other)?,
        };
        // What was typed as a comparison is one already in lists of such.
        let item = |known: Known| {
            let text = if known.text.starts_with(['>', '<']) {
                known.text.clone()
            } else {
                format!("{sign}{}", known.text)
            };
            suggestion("value", write(&text), &text, "", known.events)
        };
        Ok(known.into_iter().take(ITEMS_MAX).map(item).collect())
    }

    fn project_slugs(&self, typed: &str, projects: Option<&[ProjectId]>) -> Vec<Known> {
        let directory = self.store.directory();
        let seen = directory.projects.values().filter(|p| projects.is_none_or(|seen| seen.contains(&p.id)));
        let mut slugs: Vec<String> =
            seen.map(|project| project.slug.clone()).filter(|slug| slug.contains(typed)).collect();
        slugs.sort_unstable_by_key(|slug| (!slug.starts_with(typed), slug.clone()));
        slugs.into_iter().map(|text| Known { text, events: None }).collect()
    }

    /// Those whom issues can be assigned to.
    fn people(&self, params: &Params, typed: &str) -> Result<Vec<Known>> {
        let known = |text: String| Known { text, events: None };
        let people = if self.sees_people { self.assignable(params)? } else { Vec::new() };
        let fitting = people.into_iter().filter(|person| {
            person.email.to_lowercase().contains(typed) || person.name.to_lowercase().contains(typed)
        });
        let names = ["me", "none"].into_iter().filter(|name| name.starts_with(typed));
        let names = names.map(|name| known(name.to_owned()));
        Ok(names.chain(fitting.map(|person| known(person.email))).take(ITEMS_MAX).collect())
    }
}

fn suggestion(kind: &'static str, text: String, label: &str, note: &str, count: Option<u64>) -> Suggestion {
    Suggestion { kind, text, label: label.to_owned(), note: note.to_owned(), count }
}

/// The value as a query has it.
fn written(value: &str, quoted: bool, closes: bool) -> String {
    if quoted {
        let escaped = query::escaped(value);
        return if closes { format!("{escaped}\" ") } else { escaped };
    }
    let is_plain = !value.is_empty()
        && !value.contains(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '(' | ')' | '[' | ']' | ',' | '\\' | '*')
        });
    if is_plain { format!("{value} ") } else { format!("{} ", query::quoted(value)) }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn values_are_quoted_where_the_grammar_needs_it() {
        for (value, quoted, closes, expected) in [
            ("firefox", false, false, "firefox "),
            ("gold plus", false, false, "\"gold plus\" "),
            (r#"a"b\c"#, false, false, r#""a\"b\\c" "#),
            ("gold plus", true, true, "gold plus\" "),
            ("gold plus", true, false, "gold plus"),
            ("f(x)", false, false, "\"f(x)\" "),
        ] {
            assert_eq!(written(value, quoted, closes), expected, "{value}");
        }
    }
}
